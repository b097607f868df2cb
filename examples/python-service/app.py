from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def greet():
    zone = request.args.get("zone", "UTC")
    return {"hello": "world", "now": datetime.now(ZoneInfo(zone)).isoformat()}


@app.get("/health")
def health():
    return "ok"
