"""`/api/session/sign-on`: signing in at a provider of single sign-on, and what ways in there are."""

from fastapi import APIRouter, Request, Response

from doorwatch.accounts.sign_on import SingleSignOn
from doorwatch.accounts.sign_on.attempt import Purpose
from doorwatch.accounts.sign_on.desk import Answer
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.session import begun_shape
from doorwatch.server.auth import Parts, Public, Trying
from doorwatch.server.cookies import attempt_cookie, forget_attempt, keep_attempt, keep_session, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.services import Services

router = APIRouter(tags=["session"], responses=ERRORS)


@router.get("/api/session/ways", dependencies=[Public])
async def ways_in(parts: Parts) -> forms.WaysIn:
    """How one signs in here: through a provider, with a password, or both."""
    if parts.sign_on is None:
        return forms.WaysIn(provider=None, passwords=True, mails_links=parts.mails_links)
    name, passwords = parts.sign_on.name, not parts.sign_on.rules.only
    return forms.WaysIn(provider=name, passwords=passwords, mails_links=parts.mails_links)


@router.post("/api/session/sign-on", dependencies=[Trying])
async def begin(body: forms.BeginSignOn, response: Response, parts: Parts) -> forms.ProviderAddress:
    """Begin to sign in at the provider, or to prove there afresh who one is: where the browser goes for it."""
    begun = await _provider(parts).begin(Purpose(body.purpose), body.return_to)
    keep_attempt(response, parts, begun.kept)
    return forms.ProviderAddress(url=begun.address)


@router.post("/api/session/sign-on/finish", dependencies=[Trying])
async def finish(body: forms.ProviderAnswer, request: Request, response: Response, parts: Parts) -> forms.Arrived:
    """Sign in with what the provider sent the browser back with; good once, in the browser that began it."""
    kept = request.cookies.get(attempt_cookie(parts.settings))
    answer = Answer(body.state, body.code, body.iss, body.error, body.error_description)
    arrival = await _provider(parts).finish(kept, answer, visit_of(request, parts))
    forget_attempt(response, parts)
    keep_session(response, parts, arrival.signed_in)
    session = await begun_shape(parts, arrival.signed_in)
    return forms.Arrived(session=session, purpose=arrival.purpose.value, return_to=arrival.return_to)


def _provider(parts: Services) -> SingleSignOn:
    if parts.sign_on is None:
        raise ApiError(
            404, "no provider of single sign-on is set here (DOORWATCH_OIDC_ISSUER): sign in with a password"
        )
    return parts.sign_on
