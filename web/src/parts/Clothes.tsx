/** How somebody looked who crossed: dots in the colours of the clothes, with the same in words, what they carried and how long they were there. */
import { type Seen, seenWords } from '../appearance';

export function Clothes({ seen }: { seen: Seen }) {
  const words = seenWords(seen);
  if (!words) return null;
  const dots = [seen.upper, seen.lower].filter((colour): colour is string => Boolean(colour));
  return (
    <span className="clothes">
      {dots.length ? (
        <span className="cloth-dots" aria-hidden="true">
          {dots.map((colour, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: above and below the waist are the places
            <span key={place} className={`cloth cloth-${colour}`} />
          ))}
        </span>
      ) : null}
      {words}
    </span>
  );
}
