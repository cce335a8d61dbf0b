"""Leads many of the generated requests beyond the first look-up. Schemathesis knows no id and no task type of the server."""

import os
import re
from zlib import crc32

import schemathesis

IDS = {name: os.environ[f"FUZZ_{name.upper()}"].split(",") for name in ("tasks", "operations")}
TYPES = ("http", "notify", "broken")


def chosen(given, among):
    """One of these for two of three values, and always the same one for a value, so that a seed can be replayed."""
    number = crc32(given.encode("utf-8", "surrogatepass"))
    return among[number % len(among)] if number % 3 else given


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    parts = context.operation.path.split("/")
    given = (path_parameters or {}).get("id")
    # An id of another form violates the document, and such a request must be refused as it is.
    if isinstance(given, str) and re.fullmatch(r"[a-z0-9.]{1,48}", given) and parts[2] in IDS:
        path_parameters["id"] = chosen(given, IDS[parts[2]])
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    for task in body.get("tasks", [body]) if isinstance(body, dict) and isinstance(body.get("tasks", []), list) else []:
        # A text of another length violates the document, and such a request must be refused as it is.
        if isinstance(task, dict) and isinstance(task.get("type"), str) and 1 <= len(task["type"]) <= 64:
            task["type"] = chosen(task["type"], TYPES)
    return body
