"""Words: frozen values that every room shares. Nothing here changes state or reads the world."""
