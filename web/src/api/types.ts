/** The server's resources by the names that the whole product uses; their shapes come from its OpenAPI document. */
import type { Point } from '../geometry/homography';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Session = Schemas['SessionShape'];
export type User = Schemas['UserShape'];
export type Member = Schemas['MemberShape'];
export type DoorRef = Schemas['NamedDoor'];
export type CameraRef = Schemas['NamedCamera'];
export type Door = Schemas['DoorShape'];
export type Policy = Required<Schemas['PolicyShape']>;
export type Review = Schemas['IncidentShape']['review'];
export type Dismissal = NonNullable<Schemas['ReviewInput']['dismissal']>;
export type IncidentCrossing = Schemas['IncidentCrossing'];
export type IncidentGrant = Schemas['UsedGrant'];
export type IncidentRevision = Schemas['IncidentRevision'];
export type Incident = Schemas['IncidentShape'];
export type IncidentDetail = Schemas['IncidentDetail'];
export type Chip = Schemas['Chip'];
export type SearchResult = Schemas['SearchResult'];
export type Moment = Schemas['MomentShape'];
export type Suggestion = Schemas['SuggestionShape'];
export type Token = Schemas['TokenShape'];
export type TokenKind = Token['kind'];
export type OutboxMail = Schemas['MailShape'];
export type IncidentCounts = Schemas['IncidentCounts'];
export type DoorWeek = Schemas['DoorWeek'];

/** JSON has no pairs, only lists: the server promises that these have two numbers. */
export interface Scene {
  door_id: string;
  door: string;
  size: readonly [number, number];
  threshold: readonly [Point, Point];
  inside: Point;
  doorway?: readonly Point[] | null;
  floor?: { corners: readonly Point[]; size_m: readonly [number, number]; tile_m: number } | null;
}

export type Camera = Omit<Schemas['CameraShape'], 'scenes'> & { scenes: Scene[] };

/** A door in a few words, for lists to choose from. */
export type DoorOutline = Schemas['DoorOutline'];
