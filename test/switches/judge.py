"""Reads switch configurations with parsers that are not ours; one JSON of questions on standard input, one of answers on standard output.

NVUE: PyYAML, and NVIDIA's OpenAPI of each Cumulus Linux release as nvueschema carries it; unknown keys are refused.
EOS: ciscoconfparse2 makes the tree; Arista's AVD validates what it says and writes the configuration anew, which must be the same lines.
"""
import importlib
import json
import re
import sys
import tempfile

import pyavd
import yaml
from ciscoconfparse2 import CiscoConfParse
from pydantic import ValidationError


def nvue(text, release):
    settings = [entry["set"] for entry in yaml.safe_load(text) if "set" in entry][0]
    model = importlib.import_module("nvueschema.models.v" + release.replace(".", "_"))
    try:
        model.NvueConfig.model_validate(settings, extra="forbid", strict=True)
        wrong = []
    except ValidationError as error:
        wrong = [".".join(str(part) for part in one["loc"]) + ": " + one["msg"] for one in error.errors()]
    return {"wrong": wrong, "settings": settings}


# EOS command -> where its value stands in AVD's data model. `(?P<…>)` are the values.
GLOBAL = [
    (r"hostname (\S+)", lambda out, m: out.update(hostname=m[1])),
    (
        r"qos map dscp (\d+ to traffic-class \d+)",
        lambda out, m: out.setdefault("qos", {}).setdefault("map", {}).setdefault("dscp", []).append(m[1]),
    ),
    (r"priority-flow-control pause watchdog action (\S+)", lambda out, m: watchdog(out).update(action=m[1])),
    (r"priority-flow-control pause watchdog default timeout (\S+)", lambda out, m: watchdog(out).update(timeout=m[1])),
    (
        r"priority-flow-control pause watchdog default polling-interval (\S+)",
        lambda out, m: watchdog(out).update(polling_interval=m[1]),
    ),
    (
        r"priority-flow-control pause watchdog default recovery-time (\S+)",
        lambda out, m: watchdog(out).update(recovery_time=m[1]),
    ),
]
PROFILE = [
    (r"qos trust (\S+)", lambda out, m: out.update(trust=m[1])),
    (r"priority-flow-control on", lambda out, m: out.setdefault("priority_flow_control", {}).update(enabled=True)),
    (
        r"priority-flow-control priority (\d) no-drop",
        lambda out, m: out.setdefault("priority_flow_control", {})
        .setdefault("priorities", [])
        .append({"priority": int(m[1]), "no_drop": True}),
    ),
]
QUEUE = [
    (r"(no priority|priority strict)", lambda out, m: out.update(priority=m[1])),
    (r"bandwidth percent (\d+)", lambda out, m: out.update(bandwidth_percent=int(m[1]))),
    (
        r"random-detect ecn minimum-threshold (\d+) (\S+) maximum-threshold (\d+) (\S+) max-mark-probability (\d+) weight (\d+)",
        lambda out, m: out.update(
            random_detect={
                "ecn": {
                    "threshold": {
                        "units": m[2],
                        "min": int(m[1]),
                        "max": int(m[3]),
                        "max_probability": int(m[5]),
                        "weight": int(m[6]),
                    }
                }
            }
        ),
    ),
]
INTERFACE = [
    (r"description (.+)", lambda out, m: out.update(description=m[1])),
    (r"mtu (\d+)", lambda out, m: out.update(mtu=int(m[1]))),
    (r"speed (\S+)", lambda out, m: out.update(speed=m[1])),
    (r"service-profile (\S+)", lambda out, m: out.update(service_profile=m[1])),
]


def watchdog(out):
    return out.setdefault("priority_flow_control", {}).setdefault("watchdog", {})


def parse(text):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        return CiscoConfParse(file.name, syntax="ios").objs


def put(command, table, out, unknown):
    for pattern, store in table:
        match = re.fullmatch(pattern, command)
        if match:
            store(out, match)
            return
    unknown.append(command)


def children(node):
    return [child for child in node.children if child.text.strip() not in ("!", "")]


def eos(text):
    model, unknown = {}, []
    for node in [one for one in parse(text) if one.indent == 0]:
        command = node.text.strip()
        if command in ("!", "end", ""):
            continue
        if command.startswith("interface "):
            port = {"name": command.split()[1]}
            for child in children(node):
                put(child.text.strip(), INTERFACE, port, unknown)
            model.setdefault("ethernet_interfaces", []).append(port)
        elif command.startswith("qos profile "):
            profile = {"name": command.split()[2]}
            for child in children(node):
                inner = child.text.strip()
                if inner.startswith("uc-tx-queue "):
                    queue = {"id": int(inner.split()[1])}
                    for grandchild in children(child):
                        put(grandchild.text.strip(), QUEUE, queue, unknown)
                    profile.setdefault("uc_tx_queues", []).append(queue)
                else:
                    put(inner, PROFILE, profile, unknown)
            model.setdefault("qos_profiles", []).append(profile)
        else:
            put(command, GLOBAL, model, unknown)
    result = pyavd.validate_structured_config(json.loads(json.dumps(model)))
    wrong = ["unknown command: " + command for command in unknown]
    wrong += [".".join(one.path) + ": " + one.message for one in result.validation_result.violations]
    ours, theirs = lines(text), lines(pyavd.get_device_config(model)) if not wrong else set()
    if not wrong:
        wrong += ["Arista's AVD does not write: " + " / ".join(line) for line in sorted(ours - theirs)]
        wrong += ["Arista's AVD writes besides: " + " / ".join(line) for line in sorted(theirs - ours)]
    return {"wrong": wrong, "settings": model}


def lines(text):
    """Every command with the commands that it stands under."""
    found = set()

    def walk(nodes, above):
        for node in nodes:
            command = node.text.strip()
            if command not in ("!", "end", ""):
                found.add((*above, command))
                walk(node.children, (*above, command))

    walk([one for one in parse(text) if one.indent == 0], ())
    return found


answers = [
    nvue(one["text"], one["release"]) if one["dialect"] == "nvue" else eos(one["text"]) for one in json.load(sys.stdin)
]
json.dump(answers, sys.stdout)
