"""Learning from reviews and gold articles: datasets, training, comparison, promotion."""
