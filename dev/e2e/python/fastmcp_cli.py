"""FastMCP's command line, whose redirect comes to the port named first: fastmcp_cli.py PORT WORDS. By itself it takes a port that
the system may give to somebody else before it listens there, and no word of it names another."""

import sys

from fastmcp.cli import app
from fastmcp.client.auth import oauth

port = int(sys.argv.pop(1))
oauth.find_available_port = lambda host: port
app()
