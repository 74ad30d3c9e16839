"""PostgreSQL and Valkey for a machine that has neither: started, watched and stopped by Linesheet itself.

`EmbeddedServers` is the door. Its users share one keeper process, which runs the servers for as long as any user lives and
stops them when the last one is gone, however it went. Only the standard library is imported here.
"""

from backend.embedded.servers import Addresses, EmbeddedError, EmbeddedServers

__all__ = ["Addresses", "EmbeddedError", "EmbeddedServers"]
