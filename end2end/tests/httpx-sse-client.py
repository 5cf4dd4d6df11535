"""Follows a stream with httpx-sse, and prints one line of JSON per event."""

import json
import sys

import httpx
from httpx_sse import connect_sse

_, address, begin = sys.argv

with httpx.Client(timeout=20) as client, connect_sse(client, "GET", address) as stream:
    for event in stream.iter_sse():
        # httpx-sse hands on what dispatches nothing too: a `retry:`, and the place to begin at.
        if event.retry is None and event.id != begin:
            heard = {"type": event.event, "data": event.data, "id": event.id}
            print(json.dumps(heard), flush=True)
