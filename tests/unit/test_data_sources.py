"""Public tables, from a server on this machine: success, failures, cache. No internet."""

import gzip
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlab.data import catalog, load, prepare, read_people
from fairlab.data.sources import acs, adult, bank_marketing, compas, german_credit
from fairlab.data.sources.cache import MIRROR
from fairlab.errors import InputError
from fairlab.home import home


class Server(ThreadingHTTPServer):
    """Answers with ``pages``; a page is bytes, or a status, or bytes to be cut short."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, bytes | int] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(self.path)
        page = server.pages.get(self.path, 404)
        if isinstance(page, int):
            self.send_response(page)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page[: len(page) // 2] if self.path in server.cut else page)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv(MIRROR, server.url)
    for name, path in (
        ("_DATA_INFO", "info"), ("_DATA_FEATURES", "features"), ("_DATA_QUALITIES", "qualities"),
    ):  # fmt: skip
        monkeypatch.setattr(f"sklearn.datasets._openml.{name}", f"{server.url}/{path}/{{}}")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def compas_csv(rows: int = 7_214) -> bytes:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": range(rows),
            "name": "somebody",
            "sex": rng.choice(["Male", "Female"], rows),
            "age": rng.integers(18, 80, rows),
            "age_cat": "25 - 45",
            "race": np.where(np.arange(rows) < 40, "Asian", rng.choice(["White", "Black"], rows)),
            "juv_fel_count": 0, "juv_misd_count": 0, "juv_other_count": 0,
            "priors_count": rng.integers(0, 20, rows),
            "c_charge_degree": rng.choice(["F", "M", "O"], rows, p=[0.5, 0.49, 0.01]),
            "c_charge_desc": rng.choice(["Battery", "Theft"], rows),
            "days_b_screening_arrest": rng.choice([-1, 0, 31, -31], rows),
            "is_recid": rng.choice([0, 1, -1], rows),
            "decile_score": rng.integers(1, 11, rows),
            "score_text": "Low",
            "two_year_recid": rng.integers(0, 2, rows),
        }
    )  # fmt: skip
    return frame.to_csv(index=False).encode()


COMPAS = "/compas-scores-two-years.csv"


def test_compas_is_downloaded_once_filtered_and_without_names(server: Server) -> None:
    server.pages[COMPAS] = compas_csv()
    data = load("compas")
    assert not {"name", "id"} & set(data.frame.columns)
    assert data.frame["days_b_screening_arrest"].between(-30, 30).all()
    assert (data.frame["is_recid"] != -1).all()
    assert data.task.favourable == ("0",)
    assert "decile_score" in data.task.exclude
    assert "other groups" in read_people(data.frame, data.task).attributes["race"].names
    again = load("compas", filtered=False)
    assert len(again.frame) == 7_214
    assert server.asked == [COMPAS]
    server.shutdown()
    assert load("compas").data.fingerprint == data.data.fingerprint


def test_wrong_schema_lists_everything_and_keeps_nothing(server: Server) -> None:
    frame = pd.read_csv(io.BytesIO(compas_csv(50))).drop(columns=["race"])
    frame["two_year_recid"] = frame["two_year_recid"] + 1
    server.pages[COMPAS] = frame.to_csv(index=False).encode()
    with pytest.raises(InputError) as caught:
        load("compas")
    assert len(caught.value.problems) == 3
    assert "save it as" in str(caught.value)
    assert not list((home() / "datasets").glob("*.parquet"))


def test_cut_download_is_refused_and_the_next_try_works(server: Server) -> None:
    server.pages[COMPAS] = compas_csv()
    server.cut.add(COMPAS)
    with pytest.raises(InputError, match="cannot be downloaded"):
        load("compas")
    server.cut.clear()
    assert len(load("compas", filtered=False).frame) == 7_214


@pytest.mark.parametrize("status", [404, 500, 503])
def test_server_errors_are_said_with_a_way_out(server: Server, status: int) -> None:
    server.pages[COMPAS] = status
    with pytest.raises(InputError, match=f"the server answered {status}") as caught:
        load("compas")
    for words in ("by hand", str(home() / "datasets" / "compas.csv"), "built-in table"):
        assert words in str(caught.value)


def test_offline_says_which_file_to_get_and_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(MIRROR, "http://127.0.0.1:9")
    with pytest.raises(InputError, match="cannot be downloaded") as caught:
        load("compas")
    assert compas.ADDRESS in str(caught.value)


def test_a_file_put_by_hand_is_used_without_network(server: Server) -> None:
    folder = home() / "datasets"
    folder.mkdir()
    (folder / "compas.csv").write_bytes(compas_csv())
    assert len(load("compas", filtered=False).frame) == 7_214
    assert server.asked == []


def test_a_web_page_instead_of_the_table_is_recognised(server: Server) -> None:
    server.pages[COMPAS] = b"<!DOCTYPE html><html>Log in to the hotel network</html>"
    with pytest.raises(InputError, match="web page"):
        load("compas")


def test_a_changed_copy_is_refused_until_deleted(server: Server) -> None:
    server.pages[COMPAS] = compas_csv()
    load("compas")
    kept = home() / "datasets" / "compas.parquet"
    kept.write_bytes(kept.read_bytes() + b"x")
    with pytest.raises(InputError, match="has changed since it was downloaded"):
        load("compas")
    kept.unlink()
    assert len(load("compas").frame) > 0


def put_on_openml(server: Server, data_id: int, frame: pd.DataFrame, target: str) -> None:
    """Serve a table the way openml.org does."""
    lines = ["@RELATION table"]
    features = []
    for index, name in enumerate(frame.columns):
        numeric = pd.api.types.is_numeric_dtype(frame[name]) and name != target
        values = sorted({str(v) for v in frame[name] if v != "?"})
        quoted = ",".join(f"'{v}'" for v in values)
        lines.append(f"@ATTRIBUTE '{name}' " + ("NUMERIC" if numeric else f"{{{quoted}}}"))
        features.append(
            {
                "index": str(index), "name": name, "data_type": "numeric" if numeric else "nominal",
                "nominal_value": [] if numeric else values,
                "is_target": str(name == target).lower(),
                "is_ignore": "false", "is_row_identifier": "false",
                "number_of_missing_values": "0",
            }
        )  # fmt: skip
    lines.append("@DATA")
    for row in frame.itertuples(index=False):
        cells = ["?" if v == "?" else f"'{v}'" if isinstance(v, str) else str(v) for v in row]
        lines.append(",".join(cells))
    arff = ("\n".join(lines) + "\n").encode()
    info = {
        "data_set_description": {
            "id": str(data_id), "name": "t", "version": "1", "format": "ARFF", "status": "active",
            "file_id": "7", "url": f"{server.url}/file/{data_id}",
            "default_target_attribute": target, "description": "",
            "md5_checksum": hashlib.md5(arff, usedforsecurity=False).hexdigest(),
        }
    }  # fmt: skip
    server.pages[f"/info/{data_id}"] = json.dumps(info).encode()
    server.pages[f"/features/{data_id}"] = json.dumps(
        {"data_features": {"feature": features}}
    ).encode()
    server.pages[f"/qualities/{data_id}"] = json.dumps(
        {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": str(len(frame))}]}}
    ).encode()
    server.pages[f"/file/{data_id}"] = arff


def adult_table(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(0, 50, rows) for name in adult.SCHEMA.columns[:-1]})
    frame["sex"] = rng.choice(["Male", "Female"], rows)
    frame["race"] = rng.choice(["White", "Black"], rows)
    frame["workclass"] = rng.choice(["Private", "?"], rows)
    frame["class"] = rng.choice(["<=50K", ">50K"], rows)
    return frame


def test_adult_through_scikit_learn(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adult, "SCHEMA", replace(adult.SCHEMA, rows=600))
    raw = adult_table()
    put_on_openml(server, 1590, raw, "class")
    data = load("adult")
    assert data.task.label == "income"
    np.testing.assert_array_equal(data.frame["income"], raw["class"])
    assert data.frame["workclass"].isna().sum() == (raw["workclass"] == "?").sum()
    asked = len(server.asked)
    assert load("adult").data.fingerprint == data.data.fingerprint
    assert len(server.asked) == asked


def test_openml_with_a_wrong_checksum_or_an_error_is_said(server: Server) -> None:
    put_on_openml(server, 1590, adult_table(100), "class")
    server.pages["/file/1590"] += b"1,2\n"
    with pytest.raises(InputError, match="cannot be downloaded"):
        load("adult")
    server.pages["/info/1590"] = 500
    with pytest.raises(InputError, match="the server answered 500"):
        load("adult")


def test_bank_marketing_gets_real_names(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 600
    monkeypatch.setattr(bank_marketing, "SCHEMA", replace(bank_marketing.SCHEMA, rows=rows))
    rng = np.random.default_rng(0)
    raw = pd.DataFrame({f"V{i}": rng.integers(18, 90, rows) for i in range(1, 17)})
    raw["V3"] = rng.choice(["married", "single", "divorced"], rows)
    raw["V14"] = rng.choice([-1, 10], rows)
    raw["Class"] = rng.choice([1, 2], rows, p=[0.9, 0.1])
    put_on_openml(server, 1461, raw, "Class")
    data = load("bank_marketing")
    assert list(data.frame.columns) == [*bank_marketing.NAMES, "y"]
    np.testing.assert_array_equal(data.frame["y"] == "yes", raw["Class"] == 2)
    assert "duration" in data.task.exclude
    assert data.frame["pdays"].isna().sum() == (raw["V14"] == -1).sum()


def test_german_credit_gets_sex_out_of_personal_status(server: Server) -> None:
    rng = np.random.default_rng(0)
    raw = pd.DataFrame({name: rng.integers(19, 70, 1000) for name in german_credit.SCHEMA.columns})
    raw["personal_status"] = rng.choice(["male single", "female div/dep/mar"], 1000)
    raw["foreign_worker"] = rng.choice(["yes", "no"], 1000)
    raw["class"] = rng.choice(["good", "bad"], 1000)
    put_on_openml(server, 31, raw, "class")
    data = load("german_credit")
    expected = raw["personal_status"].str.startswith("female")
    np.testing.assert_array_equal(data.frame["sex"] == "female", expected)
    assert not any("personal_status" in name for name in prepare(data).feature_names)


def acs_zip(rows: int = 3000) -> bytes:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.integers(1, 3, rows) for name in acs.ALL})
    frame["AGEP"] = rng.integers(0, 90, rows)
    frame["PINCP"] = np.where(frame["AGEP"] < 15, np.nan, rng.integers(0, 120_000, rows))
    frame["WKHP"] = np.where(rng.random(rows) < 0.3, np.nan, 40)
    frame["ESP"] = np.where(frame["AGEP"] < 18, 1, np.nan)
    frame["RAC1P"] = rng.choice([1, 2, 7], rows, p=[0.6, 0.35, 0.05])
    frame["SOCP"] = "x"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("psam_p25.csv", frame.to_csv(index=False))
        archive.writestr("ACS2018_PUMS_README.pdf", b"%PDF")
    return packed.getvalue()


def test_acs_tasks_follow_folktables_and_missing_stays_missing(server: Server) -> None:
    server.pages["/csv_pma.zip"] = acs_zip()
    with zipfile.ZipFile(io.BytesIO(acs_zip())) as archive, archive.open("psam_p25.csv") as file:
        raw = pd.read_csv(file)
    income = load("acs_income")
    kept = raw[(raw["AGEP"] > 16) & (raw["PINCP"] > 100) & (raw["WKHP"] > 0)]
    assert len(income.frame) == len(kept)
    np.testing.assert_array_equal(income.frame["income"] == "over 50000", kept["PINCP"] > 50_000)
    assert "PINCP" not in income.frame.columns
    coverage = load("acs_public_coverage")
    kept = raw[(raw["AGEP"] < 65) & (raw["PINCP"] <= 30_000)]
    np.testing.assert_array_equal(coverage.frame["PUBCOV"] == "yes", kept["PUBCOV"] == 1)
    assert coverage.frame["ESP"].isna().sum() == kept["ESP"].isna().sum() > 0
    np.testing.assert_array_equal(coverage.frame["SEX"] == "female", kept["SEX"] == 2)
    assert server.asked == ["/csv_pma.zip"]
    assert any("other groups" in note for note in prepare(coverage).notes)


def test_acs_damaged_archive_and_unknown_state(server: Server) -> None:
    server.pages["/csv_pma.zip"] = acs_zip()[:-500]
    with pytest.raises(InputError, match="damaged or cut short"):
        load("acs_income")
    with pytest.raises(InputError) as caught:
        load("acs_income", state="XX", year=1999)
    assert len(caught.value.problems) == 2


def test_a_compressed_download_error_page_is_no_table(server: Server) -> None:
    server.pages[COMPAS] = gzip.compress(b"<html>no</html>")
    with pytest.raises(InputError, match="web page"):
        load("compas")


def test_every_table_of_the_catalog_has_a_card_in_the_repository() -> None:
    root = Path(__file__).parents[2]
    for entry in catalog.values():
        text = (root / entry.card).read_text(encoding="utf-8")
        for heading in ("Source", "Licence", "Who is missing", "Why the label may be unfair"):
            assert heading in text, f"{entry.card} says nothing under {heading}"
