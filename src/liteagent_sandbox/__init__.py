"""Runs Python, JavaScript and Jinja2 that nobody trusts, behind walls that the kernel holds."""
