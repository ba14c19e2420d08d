"""Asks for sides by PyPI's OpenFeature client: one question a line of stdin, one answer a line of stdout, both JSON."""

import json
import os
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

token = os.environ["ASK_TOKEN"]
api.set_provider(
    OFREPProvider(
        os.environ["ASK_URL"],
        headers_factory=lambda: {"Authorization": f"Bearer {token}"},
    )
)
client = api.get_client()
for line in sys.stdin:
    question = json.loads(line)
    asked = EvaluationContext(question.get("targetingKey"), question["attributes"])
    ask = (
        client.get_boolean_details
        if isinstance(question["default"], bool)
        else client.get_string_details
    )
    details = ask(question["flag"], question["default"], asked)
    answer = {
        "value": details.value,
        "variant": details.variant,
        "reason": details.reason,
        "errorCode": details.error_code,
        "metadata": dict(details.flag_metadata),
    }
    print(json.dumps(answer), flush=True)
