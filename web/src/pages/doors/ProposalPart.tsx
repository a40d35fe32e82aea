/** Beside the drawing: what the people seen so far propose, how large a person is at the door, and what to change. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { ask } from '../../shell/ask';
import { type Placement, type Proposal, useForgetWalks } from './commissionApi';

interface Props {
  cameraId: string;
  proposal: Proposal | undefined;
  placement: Placement | undefined;
  /** The proposal is what is drawn. */
  taken: boolean;
  onTake: () => void;
}

export function ProposalPart({ cameraId, proposal, placement, taken, onTake }: Props) {
  const forget = useForgetWalks();
  const begin = async () => {
    const yes = await ask(
      t`Forget the people seen so far?`,
      t`Do this after the camera was moved: the next people to pass the door make a new proposal.`,
      t`Forget them`,
    );
    if (yes) forget.mutate(cameraId);
  };
  return (
    <section className="scene-group scene-proposal" aria-label={t`Proposal`}>
      <header>
        <h2>
          <Trans>
            <span className="scene-swatch ways" aria-hidden="true" />
            Proposal
          </Trans>
        </h2>
        {proposal?.scene ? (
          <span className="soft small">
            <Trans>
              {plural(proposal.people, { one: '1 person', other: `${proposal.people} people` })},{' '}
              {Math.round(proposal.confidence * 100)} % sure
            </Trans>
          </span>
        ) : null}
      </header>
      {(proposal?.notes ?? []).map((note) => (
        <p key={note} className="soft small">
          {note}
        </p>
      ))}
      {forget.error ? (
        <p className="failure-text small" role="alert">
          {forget.error.message}
        </p>
      ) : null}
      <div className="actions">
        {proposal?.scene ? (
          <Button onPress={onTake} isDisabled={taken}>
            {taken ? t`The proposal is drawn` : t`Draw the proposal`}
          </Button>
        ) : null}
        {proposal?.ways.length ? (
          <Button tone="quiet" onPress={() => void begin()} isPending={forget.isPending}>
            {t`The camera was moved`}
          </Button>
        ) : null}
      </div>
      <PlacementWords placement={placement} />
    </section>
  );
}

function PlacementWords({ placement }: { placement: Placement | undefined }) {
  if (!placement) return null;
  const { meter, advice } = placement;
  return (
    <>
      <h3>{t`Camera's place`}</h3>
      {meter ? (
        <dl className="scene-meter">
          <div>
            <dt>{t`Pixels a metre`}</dt>
            <dd>{Math.round(meter.per_metre)}</dd>
          </div>
          <div>
            <dt>{t`a foot`}</dt>
            <dd>{Math.round(meter.per_foot)}</dd>
          </div>
          <div>
            <dt>{t`a person`}</dt>
            <dd>{Math.round(meter.person)}</dd>
          </div>
        </dl>
      ) : (
        <p className="soft small">
          <Trans>How large people are here is known once some were seen, or the floor is measured.</Trans>
        </p>
      )}
      {advice.length ? (
        <ul className="scene-advice">
          {advice.map((one) => (
            <li key={one.concern} className={one.grave ? 'tone-excess' : 'tone-possible'}>
              <Shape name={one.grave ? 'cross' : 'question'} />
              <span className="small">{one.text}</span>
            </li>
          ))}
        </ul>
      ) : meter ? (
        <p className="tone-admitted small">
          <Shape name="tick" /> {t`Nothing speaks against this place.`}
        </p>
      ) : null}
    </>
  );
}
