"""Binance's face: the only room that knows its names, codes and formats. It translates and never decides."""
