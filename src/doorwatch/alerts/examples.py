"""Templates to begin with: one for the person whose badge was used, one for the security desk."""

from dataclasses import dataclass

from doorwatch.alerts.templates import Template


@dataclass(frozen=True, slots=True)
class Example:
    """A template under a name."""

    name: str
    title: str
    template: Template


REMINDER = Template(
    subject="Somebody came in behind you at {{door}}",
    body=(
        "Hello {{user}},\n\n"
        "at {{time}} the door {{door}} was opened with your badge, and more people went in than had badged ({{reason}}).\n\n"
        "{{snapshot}}\n\n"
        "You may have held the door out of courtesy. Please help us to know who is in the building: ask whoever follows "
        "you to badge, too, or bring visitors to the reception so that they can sign in.\n\n"
        "Have a look: {{event_link}}\n\n"
        "If you do not know the person, or did not use your badge then, please tell the security desk at once by "
        "answering this mail."
    ),
)
"""What *Use Default* gives: a polite reminder, one mail for each badge holder involved."""

DESK = Template(
    subject="{{kind}} at {{door}}: {{people_count}} in, {{granted_count}} granted",
    body=(
        "{{reason}}\n\n"
        "Door: {{door}} ({{site}})\nTime: {{time}}\nCamera: {{camera}}\n\n"
        "See the picture and the clip: {{event_link}}\n\n"
        "Open it in Doorwatch: {{event}}"
    ),
)
"""For those who look into it: without {{user}}, so that it goes to them and not to the badge holders."""

EXAMPLES = (
    Example("reminder", "Remind the badge holder", REMINDER),
    Example("desk", "Tell the security desk", DESK),
)
