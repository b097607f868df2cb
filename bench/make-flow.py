"""Writes a flow of mitmproxy: arguments are the flow file, the file with the body, and the URL. Recording the same
download with mitmproxy 8 takes minutes, since it gathers a body piece by piece."""
import sys

from mitmproxy import http, io
from mitmproxy.test import tflow

flow_file, body_file, url = sys.argv[1:]
with open(body_file, "rb") as file:
    body = file.read()
headers = {"content-type": "application/octet-stream", "content-length": str(len(body))}
flow = tflow.tflow(req=http.Request.make("GET", url), resp=http.Response.make(200, body, headers))
with open(flow_file, "wb") as file:
    io.FlowWriter(file).add(flow)
