"""Another language of filters, as systems of this kind take it with a hook, translated into a search in plain words.

It is a small part of Python: `and`, `or`, `not`, `in`, `==` and `!=` over `camera`, the name of one, and `labels`, a list. A
search is a list of things that all must hold, each perhaps with alternatives, and things that must not be: an expression is
brought into that form, and one that has none is refused rather than widened.
"""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from doorwatch.domain.errors import DoorwatchError
from doorwatch.search.fixed import COLOURS
from doorwatch.search.tokens import MOST_WORDS
from doorwatch.store.engine.folding import fold

LONGEST = 1000
_MOST_CLAUSES = MOST_WORDS
_HUMAN = frozenset({"human", "person", "people", "_ml_human"})
_COLOUR = "_color_"
_VARIABLES = "camera and labels can be asked for"
_QUOTES = frozenset('"“”„')
_ORDER = {"label": 0, "colour": 1, "kind": 2, "camera": 3}


class ExpressionError(DoorwatchError, ValueError):
    """An expression that no search says; the sentence names the part."""


@dataclass(frozen=True, slots=True)
class _Atom:
    """`qualifier:"value"`, or that it is not so."""

    qualifier: str
    value: str
    negated: bool = False

    @property
    def written(self) -> str:
        return f'{"-" if self.negated else ""}{self.qualifier}:"{self.value}"'


_Clause = tuple[_Atom, ...]
_Form = list[_Clause]
"""All of these, and of each clause one at least."""


def translate(expression: str, is_camera: Callable[[str], bool]) -> str:
    """The search that finds what the expression does; `is_camera` says whether a camera or a group of them is called so.

    Raises ExpressionError.
    """
    if len(expression) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters: shorten it, or make two hooks of it")
    if "\\" in expression:
        raise ExpressionError("a backslash is no part of an expression: write names as they are, between quotes")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else "it is nested too deep"
        raise ExpressionError(f"the expression can't be read ({why}): write it as camera == 'Lobby'") from None
    return _search(_form(tree, is_camera, denied=False))


def _form(node: ast.expr, is_camera: Callable[[str], bool], *, denied: bool) -> _Form:
    """What a part of the expression says, or with `denied` its opposite."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _form(inner, is_camera, denied=not denied)
        case ast.BoolOp(op=op, values=values):
            parts = [_form(value, is_camera, denied=denied) for value in values]
            return _all(parts) if isinstance(op, ast.And) is not denied else _any(parts)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            atoms, alike = _compared(node, left, op, right, is_camera)
            return _one_of(atoms) if alike is not denied else _none_of(atoms)
    raise _unknown(node)


def _compared(
    node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr, is_camera: Callable[[str], bool]
) -> tuple[list[_Atom], bool]:
    """What is compared, and whether one of it must be so."""
    match left, op, right:
        case ast.Name(id="camera"), ast.Eq() | ast.NotEq(), ast.Constant(value=str(name)):
            names = [name]
        case ast.Constant(value=str(name)), ast.Eq() | ast.NotEq(), ast.Name(id="camera"):
            names = [name]
        case ast.Name(id="camera"), ast.In() | ast.NotIn(), ast.List(elts=listed) | ast.Tuple(elts=listed):
            names = [_word(one) for one in listed]
        case ast.Constant(value=str(label)), ast.In() | ast.NotIn(), ast.Name(id="labels"):
            return [_label(label)], isinstance(op, ast.In)
        case _:
            raise _unknown(node)
    for name in names:
        if not is_camera(name):
            raise ExpressionError(f"no camera, and no group of cameras, is called {name!r}")
    return [_Atom("camera", _quotable(name)) for name in names], isinstance(op, ast.Eq | ast.In)


def _label(label: str) -> _Atom:
    folded = label.strip().lower()
    if folded in _HUMAN:
        return _Atom("kind", "crossing")
    if folded.startswith(_COLOUR) and folded.removeprefix(_COLOUR) in COLOURS:
        return _Atom("colour", folded.removeprefix(_COLOUR))
    if label.startswith("_"):
        raise ExpressionError(f"nothing here has the label {label!r}: leave it out")
    return _Atom("label", _quotable(label))


def _word(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _unknown(node)


def _quotable(name: str) -> str:
    if not fold(name) or _QUOTES & set(name):
        raise ExpressionError(
            f"{name!r} is no name: write it between single quotes, with letters and without double quotes"
        )
    return name


def _unknown(node: ast.expr) -> ExpressionError:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id not in {"camera", "labels"}:
            return ExpressionError(f"{part.id} can't be asked for: {_VARIABLES}, by and, or, not, in, == and !=")
    return ExpressionError(
        f"{ast.unparse(node)} can't be asked for: {_VARIABLES}, as in camera == 'Lobby' and 'tailgating' in labels"
    )


def _one_of(atoms: list[_Atom]) -> _Form:
    return [tuple(atoms)]


def _none_of(atoms: list[_Atom]) -> _Form:
    return [(_Atom(atom.qualifier, atom.value, negated=True),) for atom in atoms]


def _all(parts: Iterable[_Form]) -> _Form:
    return _bounded(clause for part in parts for clause in part)


def _any(parts: Iterable[_Form]) -> _Form:
    """Alternatives of which each may ask for several things: one of each must hold in every combination."""
    found: _Form = [()]
    for part in parts:
        found = _bounded((*one, *other) for one, other in product(found, part))
    return found


def _bounded(clauses: Iterable[_Clause]) -> _Form:
    """Each once, and an end to how many there are: alternatives of alternatives multiply."""
    kept: dict[_Clause, None] = {}
    for clause in clauses:
        kept[tuple(dict.fromkeys(clause))] = None
        if len(kept) > _MOST_CLAUSES:
            raise ExpressionError("the expression asks for too much at once: make several hooks of it")
    return list(kept)


def _search(form: _Form) -> str:
    words, led = [], set[str]()
    for clause in form:
        if not clause or (len(clause) > 1 and any(atom.negated for atom in clause)):
            what = " or ".join(f"{'not ' if atom.negated else ''}{atom.value!r}" for atom in clause) or "an empty list"
            raise ExpressionError(f"no search says {what}: leave out with `and not`, or make two hooks of it")
        # Of what a search lists without `or`, cameras are alternatives, and so are colours and kinds.
        ordered = sorted(clause, key=lambda atom: _ORDER[atom.qualifier])
        first = ordered[0]
        if first.qualifier != "label" and not first.negated:
            if first.qualifier in led:
                raise ExpressionError(
                    f"the expression asks twice for the {first.qualifier}, which is one at a time: name those that may be "
                    "in one list"
                )
            led.add(first.qualifier)
        words.append(" or ".join(atom.written for atom in ordered))
    if sum(len(clause) * 2 - 1 for clause in form) > MOST_WORDS:
        raise ExpressionError("the expression names too much at once: make several hooks of it")
    return " ".join(words)
