"""What Torihiki knows by name: companies, currencies, units and chips, read from models/*.toml."""
