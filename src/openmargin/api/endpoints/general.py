"""Is anybody there, and what time is it? These two wait for nothing, not even for the disk."""

from __future__ import annotations

from openmargin.api.endpoint import Call, Security, Weight, endpoint
from openmargin.api.params import NoParams
from openmargin.api.render import Nothing, Reply


@endpoint("GET", "/api/v3/ping", Security.NONE, Weight(1))
async def ping(_call: Call, _asked: NoParams) -> Nothing:
    """Test connectivity"""
    return Nothing()


class ServerTime(Reply):
    server_time: int


@endpoint("GET", "/api/v3/time", Security.NONE, Weight(1))
async def server_time(call: Call, _asked: NoParams) -> ServerTime:
    """Get the exchange's time"""
    return ServerTime(call.server_time())
