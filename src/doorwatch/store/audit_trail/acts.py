"""The acts that the audit trail knows, and what each is called: nothing else is recorded."""

# ruff: noqa: S105 - names of acts, which speak of passwords and tokens without being any

from enum import StrEnum


class Act(StrEnum):
    """Something that somebody did and that matters later."""

    SETUP_FINISH = "setup.finish"
    SESSION_BEGIN = "session.begin"
    SESSION_REFUSED = "session.refused"
    SESSION_PROVE = "session.prove"
    SESSION_PROVE_REFUSED = "session.prove.refused"
    SESSION_ENTER = "session.enter"
    SESSION_END = "session.end"
    IDENTITY_LINK = "identity.link"
    FACTOR_ADD = "factor.add"
    FACTOR_REMOVE = "factor.remove"
    FACTOR_CODES = "factor.codes"
    FACTOR_COPIED = "factor.copied"
    FACTOR_RECOVERY = "factor.recovery"
    FACTOR_REQUIRE = "factor.require"
    NOTICE_SET = "notice.set"
    NOTICE_ACCEPT = "notice.accept"
    USER_ADD = "user.add"
    USER_PASSWORD = "user.password"
    USER_FORGOTTEN = "user.forgotten"
    USER_ROLE = "user.role"
    USER_CAMERAS = "user.cameras"
    USER_REMOVE = "user.remove"
    USER_DISABLE = "user.disable"
    USER_ENABLE = "user.enable"
    INVITATION_ADD = "invitation.add"
    INVITATION_REMOVE = "invitation.remove"
    INVITATION_ACCEPT = "invitation.accept"
    ACCOUNT_ADD = "account.add"
    SITE_ADD = "site.add"
    SITE_CHANGE = "site.change"
    SITE_REMOVE = "site.remove"
    SITE_ASSIGN = "site.assign"
    TOKEN_CREATE = "token.create"
    TOKEN_ROTATE = "token.rotate"
    TOKEN_ROTATE_END = "token.rotate.end"
    TOKEN_REVOKE = "token.revoke"
    CAMERA_ADD = "camera.add"
    CAMERA_CHANGE = "camera.change"
    CAMERA_REMOVE = "camera.remove"
    CAMERA_EXPORT = "camera.export"
    CAMERA_IMPORT = "camera.import"
    CAMERA_FORGET_WALKS = "camera.forget_walks"
    SCENE_SET = "scene.set"
    DOOR_MAP = "door.map"
    DOOR_FOLLOW = "door.follow"
    DOOR_POLICY = "door.policy"
    DOOR_CLOCK = "door.clock"
    DOOR_POOL = "door.pool"
    DOOR_CERTIFICATE = "door.certificate"
    DOOR_RESTORE = "door.restore"
    DOORS_ACCEPT = "doors.accept"
    DOORS_DROP = "doors.drop"
    COMMISSIONING_START = "commissioning.start"
    COMMISSIONING_DROP = "commissioning.drop"
    INCIDENT_REVIEW = "incident.review"
    INCIDENT_ASSIGN = "incident.assign"
    INCIDENT_COMMENT = "incident.comment"
    INCIDENT_SHARE = "incident.share"
    LINK_OPEN = "link.open"
    LINK_REVOKE = "link.revoke"
    HOLD_PLACE = "hold.place"
    HOLD_RELEASE = "hold.release"
    VIDEO_VIEW = "video.view"
    VIDEO_SHARED_VIEW = "video.shared_view"
    PICTURE_POSTED_VIEW = "picture.posted_view"
    VIDEO_REPLAY = "video.replay"
    LINK_REFUSED = "link.refused"
    VIDEO_REPAIR = "video.repair"
    VIDEO_EXPORT = "video.export"
    VIDEO_PLAYABLE = "video.playable"
    EVIDENCE_EXPORT = "evidence.export"
    EVIDENCE_FETCH = "evidence.fetch"
    EVIDENCE_DROP = "evidence.drop"
    SEARCH_RUN = "search.run"
    SEARCH_EXPORT = "search.export"
    SEARCH_SHARE = "search.share"
    SEARCH_CHANGE = "search.change"
    SEARCH_REMOVE = "search.remove"
    AUDIT_EXPORT = "audit.export"
    AUDIT_RETAIN = "audit.retain"
    PERSON_EXPORT = "person.export"
    PERSON_ERASE = "person.erase"
    PERSON_ALLOW = "person.allow"
    CLOTHING_SET = "clothing.set"
    ALERTS_SET = "alerts.set"
    ALERTS_AGAIN = "alerts.again"
    ALERTS_TRY = "alerts.try"
    ALERTS_SYSTEM = "alerts.system"
    RULE_ADD = "rule.add"
    RULE_CHANGE = "rule.change"
    RULE_REMOVE = "rule.remove"
    SILENCE_BEGIN = "silence.begin"
    SILENCE_END = "silence.end"
    REPORT_SCHEDULE_ADD = "report.schedule.add"
    REPORT_SCHEDULE_CHANGE = "report.schedule.change"
    REPORT_SCHEDULE_REMOVE = "report.schedule.remove"
    REPORT_SEND = "report.send"
    WEBHOOKS_ADDED = "webhooks.added"
    WEBHOOKS_SET = "webhooks.set"
    WEBHOOKS_ROTATED = "webhooks.rotated"
    WEBHOOKS_REMOVED = "webhooks.removed"
    CALLBACK_ADD = "callback.add"
    CALLBACK_CHANGE = "callback.change"
    CALLBACK_ROTATE = "callback.rotate"
    CALLBACK_REMOVE = "callback.remove"
    BROWSERS_ALLOW = "browsers.allow"
    BROWSER_ADD = "browser.add"
    BROWSER_REMOVE = "browser.remove"

    @property
    def words(self) -> str:
        """What was done, for people."""
        return _WORDS[self]


_WORDS = {
    Act.SETUP_FINISH: "Set up the installation as its first owner",
    Act.SESSION_BEGIN: "Signed in",
    Act.SESSION_REFUSED: "Failed to sign in",
    Act.SESSION_PROVE: "Proved again who they are",
    Act.SESSION_PROVE_REFUSED: "Failed to prove who they are",
    Act.SESSION_ENTER: "Went over to this account",
    Act.SESSION_END: "Ended sessions",
    Act.IDENTITY_LINK: "Linked a person with a sign-in of the provider",
    Act.FACTOR_ADD: "Added a second factor",
    Act.FACTOR_REMOVE: "Took a second factor away",
    Act.FACTOR_CODES: "Made new recovery codes",
    Act.FACTOR_COPIED: "Showed a passkey that may have been copied",
    Act.FACTOR_RECOVERY: "Signed in with a recovery code",
    Act.FACTOR_REQUIRE: "Changed whether second factors are required",
    Act.NOTICE_SET: "Changed the usage notice",
    Act.NOTICE_ACCEPT: "Accepted the usage notice",
    Act.USER_ADD: "Added a person",
    Act.USER_PASSWORD: "Set a password",
    Act.USER_FORGOTTEN: "Asked for a link to replace a forgotten password",
    Act.USER_ROLE: "Changed a person's role",
    Act.USER_CAMERAS: "Changed which cameras a person sees",
    Act.USER_REMOVE: "Removed a person",
    Act.USER_DISABLE: "Barred a person from signing in",
    Act.USER_ENABLE: "Let a person sign in again",
    Act.INVITATION_ADD: "Invited a person",
    Act.INVITATION_REMOVE: "Took an invitation back",
    Act.INVITATION_ACCEPT: "Accepted an invitation",
    Act.ACCOUNT_ADD: "Added an account",
    Act.SITE_ADD: "Added a site",
    Act.SITE_CHANGE: "Renamed a site or changed its time zone",
    Act.SITE_REMOVE: "Removed a site",
    Act.SITE_ASSIGN: "Moved doors and cameras to a site",
    Act.TOKEN_CREATE: "Made a token",
    Act.TOKEN_ROTATE: "Rotated a token",
    Act.TOKEN_ROTATE_END: "Ended the former secret of a token early",
    Act.TOKEN_REVOKE: "Revoked a token",
    Act.CAMERA_ADD: "Added a camera",
    Act.CAMERA_CHANGE: "Changed a camera",
    Act.CAMERA_REMOVE: "Removed a camera",
    Act.CAMERA_EXPORT: "Exported the list of cameras",
    Act.CAMERA_IMPORT: "Imported a list of cameras",
    Act.CAMERA_FORGET_WALKS: "Had a camera forget the people seen so far",
    Act.SCENE_SET: "Drew how a camera sees a door",
    Act.DOOR_MAP: "Changed which cameras see a door",
    Act.DOOR_FOLLOW: "Let a renamed door take over",
    Act.DOOR_POLICY: "Changed how a door is judged",
    Act.DOOR_CLOCK: "Corrected the clock of a door",
    Act.DOOR_POOL: "Changed which doors share grants",
    Act.DOOR_CERTIFICATE: "Finished a commissioning run",
    Act.DOOR_RESTORE: "Took a change of a door back",
    Act.DOORS_ACCEPT: "Accepted a shorter list of doors",
    Act.DOORS_DROP: "Sent a list that no longer names some doors",
    Act.COMMISSIONING_START: "Started a commissioning run",
    Act.COMMISSIONING_DROP: "Ended a commissioning run without a result",
    Act.INCIDENT_REVIEW: "Reviewed an incident",
    Act.INCIDENT_ASSIGN: "Said who is to look at an incident",
    Act.INCIDENT_COMMENT: "Commented on an incident",
    Act.INCIDENT_SHARE: "Made a link to an incident",
    Act.LINK_OPEN: "Opened an incident by the link of a mail",
    Act.LINK_REVOKE: "Ended the link of a mail",
    Act.HOLD_PLACE: "Placed a hold on evidence",
    Act.HOLD_RELEASE: "Ended a hold on evidence",
    Act.VIDEO_VIEW: "Watched video of an incident",
    Act.VIDEO_SHARED_VIEW: "Watched video of an incident by its link",
    Act.PICTURE_POSTED_VIEW: "Fetched a picture by a link in a post of a callback",
    Act.VIDEO_REPLAY: "Watched recorded video of a camera",
    Act.VIDEO_REPAIR: "Repaired recorded video by `doorwatch check --repair`",
    Act.LINK_REFUSED: "Gave a wrong password for a link",
    Act.VIDEO_EXPORT: "Fetched recorded video",
    Act.VIDEO_PLAYABLE: "Had recorded video made into a clip that every browser plays",
    Act.EVIDENCE_EXPORT: "Exported the evidence of an incident",
    Act.EVIDENCE_FETCH: "Fetched exported evidence",
    Act.EVIDENCE_DROP: "Deleted exported evidence",
    Act.SEARCH_RUN: "Searched",
    Act.SEARCH_EXPORT: "Saved what a search found as a file",
    Act.SEARCH_SHARE: "Saved a search for all of the account",
    Act.SEARCH_CHANGE: "Changed a search that all of the account see",
    Act.SEARCH_REMOVE: "Deleted a search that all of the account see",
    Act.AUDIT_EXPORT: "Exported the audit trail",
    Act.AUDIT_RETAIN: "Deleted old entries of the audit trail",
    Act.PERSON_EXPORT: "Exported what is stored of a person",
    Act.PERSON_ERASE: "Erased a person",
    Act.PERSON_ALLOW: "Let an erased person be stored again",
    Act.CLOTHING_SET: "Changed whether colours of clothes are kept",
    Act.ALERTS_SET: "Changed who is told of incidents",
    Act.ALERTS_TRY: "Sent a test mail",
    Act.ALERTS_SYSTEM: "Changed who is told of the system's troubles",
    Act.RULE_ADD: "Made an alert of a search",
    Act.RULE_CHANGE: "Changed an alert of a search",
    Act.RULE_REMOVE: "Removed an alert of a search",
    Act.SILENCE_BEGIN: "Began a silence",
    Act.SILENCE_END: "Ended a silence before its time",
    Act.REPORT_SCHEDULE_ADD: "Had a report mailed by itself",
    Act.REPORT_SCHEDULE_CHANGE: "Changed a report that is mailed by itself",
    Act.REPORT_SCHEDULE_REMOVE: "Ended a report that was mailed by itself",
    Act.REPORT_SEND: "Had a report mailed now",
    Act.ALERTS_AGAIN: "Had a message delivered again",
    Act.WEBHOOKS_ADDED: "Added a webhook",
    Act.WEBHOOKS_SET: "Changed a webhook",
    Act.WEBHOOKS_ROTATED: "Gave a webhook a new secret",
    Act.WEBHOOKS_REMOVED: "Removed a webhook",
    Act.CALLBACK_ADD: "Added a callback",
    Act.CALLBACK_CHANGE: "Changed a callback",
    Act.CALLBACK_ROTATE: "Gave a callback a new secret",
    Act.CALLBACK_REMOVE: "Removed a callback",
    Act.BROWSERS_ALLOW: "Allowed or forbade notifications in browsers",
    Act.BROWSER_ADD: "Asked to be notified in a browser",
    Act.BROWSER_REMOVE: "Ended notifications in a browser",
}
