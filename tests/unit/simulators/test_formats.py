import json
from xml.etree import ElementTree as ET

import pytest

from doorwatch.simulators.genetec.formats import Form, answer, event_document, failure, form_for


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/json", Form.JSON),
        ("TEXT/JSON; q=1", Form.JSON),
        ("text/html, text/xml", Form.XML),
        ("application/jsonrequest", Form.LEGACY_JSON),
        ("application/xml", Form.LEGACY_XML),
        ("application/json", Form.LEGACY_XML),
        ("*/*", Form.LEGACY_XML),
        (None, Form.LEGACY_XML),
    ],
)
def test_accept_chooses_the_form_and_everything_unknown_means_legacy_xml(accept, form):
    assert form_for(accept) is form


def test_new_json_wraps_status_and_result():
    assert json.loads(answer(Form.JSON, "Ok", {"Value": True})) == {"Rsp": {"Status": "Ok", "Result": {"Value": True}}}
    assert json.loads(answer(Form.JSON, "Ok")) == {"Rsp": {"Status": "Ok"}}


def test_new_xml_holds_the_same():
    root = ET.fromstring(answer(Form.XML, "Ok", {"Value": True, "Name": "A & B", "None": None}))
    assert root.findtext("Rsp/Status") == "Ok"
    assert root.findtext("Rsp/Result/Value") == "true"
    assert root.findtext("Rsp/Result/Name") == "A & B"


def test_legacy_xml_tells_reports_as_rows_of_cells():
    root = ET.fromstring(answer(Form.LEGACY_XML, "Ok", [{"A": 1, "B": None}, {"A": ["x", "y"], "B": "<"}]))
    assert [cell.text for cell in root.findall("QueryResult/HeaderRow/Cell")] == ["A", "B"]
    rows = root.findall("QueryResult/Row")
    assert [item.text for item in rows[1].iter("Item")] == ["x", "y"]
    assert rows[1][1].text == "<"


def test_a_failure_is_told_in_each_form():
    assert json.loads(failure(Form.JSON, "why"))["Rsp"]["Result"]["Message"] == "why"
    assert json.loads(failure(Form.LEGACY_JSON, "why"))["rsp"]["error"]["message"] == "why"
    assert ET.fromstring(failure(Form.XML, "why")).findtext("Rsp/Status") == "Fail"
    assert ET.fromstring(failure(Form.LEGACY_XML, "why")).findtext("error/message") == "why"


@pytest.mark.parametrize("form", list(Form))
def test_an_event_tells_type_time_and_source_in_each_form(form):
    text = event_document(form, {"EventType": "DoorOpen", "Timestamp": "t", "SourceGuid": "g"}).decode()
    assert "DoorOpen" in text
    assert "SourceGuid" in text
    assert ("\n" in text) == (form is not Form.JSON)
