"""Real market data, in the files that Binance publishes it in, played to an exchange.

Owns: what a row of such a file means here. Files are read line by line; nothing of them is kept.
"""
