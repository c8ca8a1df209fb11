# SPDX-FileCopyrightText: 2026 The rtmcc authors
# SPDX-License-Identifier: MIT
"""What receivers behind the bridge ask of it and of servers."""

import json
import time
import urllib.error
import urllib.request


def ask(url, data=None):
    """Returns the status and the body."""
    request = urllib.request.Request(url, data=data)
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as err:
        return err.code, err.read()


def wait_for_offer(bridge):
    """Waits for the bridge and for a push, and returns its offer."""
    status = 204
    while status != 200:
        try:
            status, body = ask(bridge + "/receiver/offer")
        except OSError:
            time.sleep(0.2)
    return json.loads(body)
