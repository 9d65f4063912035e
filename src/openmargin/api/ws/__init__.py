"""WebSockets: connections with their limits, the streams that they subscribe to, and who answers what they send."""
