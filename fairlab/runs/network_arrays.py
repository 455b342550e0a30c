"""Kept networks as arrays and a JSON record, for :mod:`fairlab.runs.artefacts`."""

from collections.abc import Mapping
from typing import Any

from fairlab.networks import GroupRule, NetworkFamily, Networks
from fairlab.outcomes import Array

RULE_ARRAYS = ("shift", "blend", "centre", "slope", "intercept")


def encode_networks(networks: Networks | None, arrays: dict[str, Array]) -> dict[str, Any]:
    """What the header says of the networks; their arrays go into ``arrays``. {} for None."""
    if networks is None:
        return {}
    arrays["networks.origin"] = networks.origin
    entry = {
        "feature_names": list(networks.feature_names),
        "columns": list(networks.columns),
        "encoding": networks.encoding,
        "families": [
            _encode_family(f"network{k}", family, arrays)
            for k, family in enumerate(networks.families)
        ],
    }
    return {"networks": entry}


def decode_networks(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Networks | None:
    """The networks; None in files of earlier versions, and where none were kept."""
    entry = header.get("networks")
    if entry is None:
        return None
    return Networks(
        families=tuple(_decode_family(family, arrays) for family in entry["families"]),
        feature_names=tuple(entry["feature_names"]),
        columns=tuple(entry["columns"]),
        origin=arrays["networks.origin"],
        encoding=entry["encoding"],
    )


def _encode_family(place: str, family: NetworkFamily, arrays: dict[str, Array]) -> dict[str, Any]:
    arrays[f"{place}.models"] = family.models
    for layer, (weight, bias) in enumerate(zip(family.weights, family.biases, strict=True)):
        arrays[f"{place}.weight{layer}"] = weight
        arrays[f"{place}.bias{layer}"] = bias
    entry: dict[str, Any] = {"place": place, "mode": family.mode, "layers": len(family.weights)}
    rule = family.rule
    if rule is not None:
        for name in RULE_ARRAYS:
            values = getattr(rule, name)
            if values is not None:
                arrays[f"{place}.rule.{name}"] = values
        entry["rule"] = {
            "by": [list(names) for names in rule.by],
            "group_names": [list(names) for names in rule.group_names],
            "directions": list(rule.directions),
        }
    return entry


def _decode_family(entry: Mapping[str, Any], arrays: Mapping[str, Array]) -> NetworkFamily:
    place, layers = entry["place"], range(entry["layers"])
    return NetworkFamily(
        mode=entry["mode"],
        models=arrays[f"{place}.models"],
        weights=tuple(arrays[f"{place}.weight{layer}"] for layer in layers),
        biases=tuple(arrays[f"{place}.bias{layer}"] for layer in layers),
        rule=_decode_rule(entry.get("rule"), f"{place}.rule", arrays),
    )


def _decode_rule(
    entry: Mapping[str, Any] | None, place: str, arrays: Mapping[str, Array]
) -> GroupRule | None:
    if entry is None:
        return None
    return GroupRule(
        by=tuple(tuple(names) for names in entry["by"]),
        group_names=tuple(tuple(names) for names in entry["group_names"]),
        directions=tuple(entry["directions"]),
        shift=arrays[f"{place}.shift"],
        blend=arrays[f"{place}.blend"],
        centre=arrays[f"{place}.centre"],
        slope=arrays.get(f"{place}.slope"),
        intercept=arrays.get(f"{place}.intercept"),
    )
