"""The LeWiDi 2025 shared task: what raters who are known would say about new items."""
