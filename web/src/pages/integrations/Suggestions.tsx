/** What the server thinks that cameras see, with its evidence: one press each, or all. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Mapping, Suggestion } from '../../api/integrations';
import { Button } from '../../parts/basics';
import { Shape } from '../../parts/icons';

interface Props {
  mapping: Mapping;
  suggestions: readonly Suggestion[];
  onAccept: (chosen: readonly Suggestion[]) => void;
}

const SHOWN = 8;
const SHAPES = { pacs: 'tick', grants: 'card', names: 'dot' } as const;

export function Suggestions({ mapping, suggestions, onAccept }: Props) {
  if (!suggestions.length) return null;
  const doors = new Map(mapping.doors.map((door) => [door.door_id, door.name]));
  const cameras = new Map(mapping.cameras.map((camera) => [camera.camera_id, camera.name]));
  return (
    <section className="suggestions" aria-label={t`Suggested mapping`}>
      <header>
        <h2>{t`Suggested`}</h2>
        <Button onPress={() => onAccept(suggestions)}>
          {plural(suggestions.length, { one: 'Accept it', other: `Accept all ${suggestions.length}` })}
        </Button>
      </header>
      <ul>
        {suggestions.slice(0, SHOWN).map((one) => (
          <li key={`${one.camera_id} ${one.door_id}`}>
            <Shape name={SHAPES[one.because]} />
            <div>
              <Trans>
                <strong>{cameras.get(one.camera_id)}</strong> sees <strong>{doors.get(one.door_id)}</strong>
              </Trans>
              <p className="soft small">{one.reason}</p>
            </div>
            <Button
              onPress={() => onAccept([one])}
              aria-label={t`Accept: ${cameras.get(one.camera_id) ?? ''} sees ${doors.get(one.door_id) ?? ''}`}
            >
              {t`Accept`}
            </Button>
          </li>
        ))}
      </ul>
      {suggestions.length > SHOWN ? (
        <p className="soft small">
          <Trans>And {suggestions.length - SHOWN} more</Trans>
        </p>
      ) : null}
    </section>
  );
}
