"""Validates the bill of materials that is named on the command line, and sees that the validator finds a fault."""

import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

validator = JsonStrictValidator(SchemaVersion.V1_6)
with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
if fault := validator.validate_str(text):
    sys.exit(f"{sys.argv[1]}: {fault}")
bill = json.loads(text)
del bill["components"][0]["name"]
if not validator.validate_str(json.dumps(bill)):
    sys.exit("a component without a name was not noticed")
