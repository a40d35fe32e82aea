"""The four forms in which the Web SDK answers, chosen by the request's `Accept`: JSON and XML, new and legacy.

Only the new JSON is described well in public; where the other forms leave a choice, the simplest was taken.
"""

from enum import Enum
from typing import Any
from xml.sax.saxutils import escape

import msgspec

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Form(Enum):
    """A form of answers; the value is the media type of the body."""

    JSON = "text/json"
    XML = "text/xml"
    LEGACY_JSON = "application/jsonrequest"
    LEGACY_XML = "application/xml"


def form_for(accept: str | None) -> Form:
    """The form that an `Accept` header asks for; without one, or with one it does not know, legacy XML."""
    for part in (accept or "").split(","):
        media = part.split(";")[0].strip().lower()
        for form in Form:
            if media == form.value:
                return form
    return Form.LEGACY_XML


def answer(form: Form, status: str, result: Any = None) -> bytes:
    """The envelope around a result; `status` is Ok, TooManyResults or Partial."""
    if form is Form.JSON:
        body: dict[str, Any] = {"Status": status}
        if result is not None:
            body["Result"] = result
        return msgspec.json.encode({"Rsp": body})
    if form is Form.XML:
        inner = "" if result is None else _element("Result", result)
        return f"<WebSdk><Rsp><Status>{status}</Status>{inner}</Rsp></WebSdk>".encode()
    if form is Form.LEGACY_JSON:
        legacy: dict[str, Any] = {"status": status.lower()}
        if result is not None:
            legacy["result"] = result
        return msgspec.json.format(msgspec.json.encode({"rsp": legacy}), indent=2)
    return f'<rsp status="{status.lower()}">{_legacy_result(result)}</rsp>'.encode()


def failure(form: Form, message: str, code: str = "InvalidOperation") -> bytes:
    """The envelope of a request that was understood as HTTP and refused as a command."""
    if form is Form.JSON:
        return answer(form, "Fail", {"SdkErrorCode": code, "Message": message})
    if form is Form.XML:
        return answer(form, "Fail", {"SdkErrorCode": code, "Message": message})
    if form is Form.LEGACY_JSON:
        document = {"rsp": {"status": "fail", "error": {"code": code, "message": message}}}
        return msgspec.json.format(msgspec.json.encode(document), indent=2)
    return f'<rsp status="fail"><error><message>{escape(message)}</message></error></rsp>'.encode()


def event_document(form: Form, fields: dict[str, Any]) -> bytes:
    """One event of the stream. In the new JSON the document is one line; in the other forms it spans several."""
    if form is Form.JSON:
        return answer(form, "Ok", fields)
    if form is Form.XML:
        return answer(form, "Ok", fields).replace(b"><", b">\r\n<")
    if form is Form.LEGACY_JSON:
        text = msgspec.json.format(msgspec.json.encode({"event": fields}), indent=2)
        return text.replace(b"\n", b"\r\n")
    legacy = {**fields, "SourceEntity": fields.get("SourceGuid"), "Type": fields.get("EventType")}
    return _element("event", legacy).replace("><", ">\r\n<").encode()


def _element(name: str, value: Any) -> str:
    if value is None:
        return f"<{name} />"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, inner) for key, inner in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(_element('Item', inner) for inner in value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _legacy_result(result: Any) -> str:
    if result is None:
        return ""
    if isinstance(result, list) and result and isinstance(result[0], dict):
        header = "".join(f"<Cell>{escape(key)}</Cell>" for key in result[0])
        rows = "".join(
            f"<Row>{''.join(f'<Cell>{_cell(value)}</Cell>' for value in row.values())}</Row>" for row in result
        )
        return f"<QueryResult><HeaderRow>{header}</HeaderRow>{rows}</QueryResult>"
    return _element("result", result)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element("Item", inner) for inner in value)
    return "" if value is None else escape(str(value))
