"""The address to serve at: taken before anything else is done, and refused in one line."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address

from openmargin.runtime.errors import StartRefused

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound to the address; connections queue from now on. Raises StartRefused."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror:
        raise StartRefused(f"{host} is no address of this machine: choose another with --host") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartRefused(
                f"port {port} is busy: choose another with --port, or 0 for any free one"
            ) from None
        raise StartRefused(f"{host}:{port} cannot be listened at: {error.strerror}") from None


def base_address(listener: socket.socket, scheme: str = "http") -> str:
    """What clients set as their base address."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """Can nobody but this machine reach it?"""
    return ip_address(listener.getsockname()[0]).is_loopback
