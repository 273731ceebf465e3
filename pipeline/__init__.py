"""Torihiki: grounded, normalised deal records from Japanese technology news."""
