"""Are these valid JSON documents of JSON schemas? Reads a list of jobs, see main, and writes what is wrong.

Schemas that a schema refers to are looked for beside it; nothing is fetched. `format` is checked where jsonschema can."""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

import jsonschema  # noqa: E402


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def neighbours(path):
    folder, store = os.path.dirname(path), {}
    for root, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".json"):
                schema = load(os.path.join(root, name))
                if isinstance(schema, dict):
                    for key in (schema.get("$id"), schema.get("id")):
                        if key:
                            store[key.rstrip("#")] = schema
                    store["http://cyclonedx.org/schema/" + name] = schema
    return store


def refuse(uri):
    raise ValueError("the schema refers to " + uri + ", which is not here")


def validator_of(path):
    schema = load(path)
    validator = jsonschema.validators.validator_for(schema)
    resolver = jsonschema.RefResolver.from_schema(schema, store=neighbours(path), handlers={"http": refuse, "https": refuse})
    return validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())


def properties_of(schema, name):
    """The properties that a class of the SPDX 3 schema and those above it have. jsonschema finds them by
    unevaluatedProperties only if it looks at the whole element again, and at all in it, for each class above."""
    found, rest, seen = set(), [{"$ref": "#/$defs/" + name}], set()
    while rest:
        part = rest.pop()
        found.update(part.get("properties", ()))
        for key in ("allOf", "anyOf", "oneOf"):
            rest += part.get(key, ())
        target = part.get("$ref", "").rpartition("#/$defs/")[2]
        if target and target not in seen:
            seen.add(target)
            rest.append(schema["$defs"][target])
    return found


def graph_errors(validator, schema, document, valid):
    """The elements of an SPDX 3 graph, each by the class that it names: trying all classes on each takes minutes.
    Documents of one result have most elements in common; those in `valid` were found valid, and are added to it."""
    if document.get("@context") != schema["properties"]["@context"]["const"]:
        yield jsonschema.ValidationError("@context is not SPDX 3.0.1's")
    for number, element in enumerate(document["@graph"]):
        if element.get("type") not in schema["$defs"]:
            yield jsonschema.ValidationError("no class is called %s" % element.get("type"), path=["@graph", number])
            continue
        text = json.dumps(element, sort_keys=True)
        if text in valid:
            continue
        one = validator.evolve(schema={"$ref": "#/$defs/" + element["type"]})
        errors = list(one.iter_errors(element))
        for key in sorted(element.keys() - properties_of(schema, element["type"])):
            errors.append(jsonschema.ValidationError("%s has no property %s" % (element["type"], key)))
        if not errors:
            valid.add(text)
        for error in errors:
            error.path.extendleft([number, "@graph"])
            yield error


def errors_of(validator, document, valid):
    if "@graph" in document and "AnyClass" in validator.schema.get("$defs", {}):
        return graph_errors(validator, validator.schema, document, valid)
    return validator.iter_errors(document)


def main(jobs):
    """jobs: [{"schema": path, "documents": [path]}] -> {document: [what is wrong]}"""
    wrong = {}
    for job in jobs:
        validator, valid = validator_of(job["schema"]), set()
        for document in job["documents"]:
            found = wrong.setdefault(document, [])
            for error in errors_of(validator, load(document), valid):
                if len(found) < 10:
                    place = "/".join(map(str, error.absolute_path))
                    found.append("%s: %s: %s" % (os.path.basename(job["schema"]), place, error.message[:300]))
    json.dump(wrong, sys.stdout)


main(json.load(sys.stdin))
