"""What the lab breaks between an exchange and its clients, and how it keeps account of it."""
