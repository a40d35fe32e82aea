/** What the server says to the page: its resources, by the names the whole product uses. */
import type { Point } from '../geometry/homography';


export interface CameraRef {
  camera_id: string;
  name: string;
}

export interface DoorRef {
  door_id: string;
  name: string;
}

export interface Session {
  user: { id: string; email: string; name: string; role: string };
  account: { id: string; name: string };
  site: { name: string; time_zone: string };
  permissions: string[];
}

export interface Scene {
  door_id: string;
  door?: string;
  size: [number, number];
  threshold: [Point, Point];
  inside: Point;
  doorway?: Point[] | null;
  floor?: { corners: Point[]; size_m: [number, number]; tile_m?: number } | null;
}

export interface Camera extends CameraRef {
  url: string;
  enabled: boolean;
  status: { code: number; message: string; at: string | null };
  width: number | null;
  height: number | null;
  fps: number | null;
  latency_ms: number | null;
  detector: string | null;
  doors: DoorRef[];
  scenes: Scene[];
}

export interface Policy {
  grant_before: number;
  grant_after: number;
  group_gap: number;
  settle: number;
  controlled_direction: 'in' | 'out' | 'both';
  guests_per_grant: number;
  clock_offset: number;
  unlocked_max_manual: number;
  unlocked_max_scheduled: number;
}

export interface Door extends DoorRef {
  device_id: string;
  stale: boolean;
  cameras: CameraRef[];
  policy: Policy;
  last_event_at: string | null;
  last_event_type: string | null;
  counts_today: { in: number; out: number; grants: number; incidents: number };
  pacs: { id: string; name: string; connected: boolean; covered_until: string | null };
}

export type Review = 'new' | 'confirmed' | 'dismissed';

export interface IncidentCrossing {
  crossing_id: string;
  camera_id: string;
  track: string;
  at: string;
  direction: string;
  confidence: number;
  outcome: string | null;
  grant_id: string | null;
  trail: [number, number, number][];
}

export interface IncidentGrant {
  event_id: string;
  at: string;
  actor_name: string | null;
  event_type: string;
}

export interface IncidentRevision {
  revision: number;
  at: string;
  state: string;
  kind: string;
  people: number;
  grants: number;
  excess: number;
  reason: string;
}

export interface Incident {
  incident_id: string;
  door: DoorRef;
  kind: string;
  state: string;
  review: Review;
  start: string;
  end: string;
  people: number;
  grants: number;
  excess: number;
  possible: number;
  coverage: string;
  reason: string;
  revision: number;
  labels: string[];
  cameras: CameraRef[];
  picture_url: string | null;
  clip_url: string | null;
  clip_start_us: number | null;
  crossing_to_incident_ms: number | null;
  crossings?: IncidentCrossing[];
  grants_used?: IncidentGrant[];
  history?: IncidentRevision[];
  note: string | null;
  reviewed_by: string | null;
  reviewed_at: string | null;
}

export interface Moment {
  moment_id: string;
  kind: string;
  at: string;
  arrived_at: string;
  door: DoorRef | null;
  cameras: CameraRef[];
  labels: string[];
  title: string;
  detail: string | null;
  actor_name: string | null;
  incident_id: string | null;
  crossing_id: string | null;
  event_type: string | null;
  direction: string | null;
  outcome: string | null;
  track: string | null;
  review: string | null;
  state: string | null;
  people: number | null;
  grants: number | null;
  excess: number | null;
  picture_url: string | null;
}

export interface Chip {
  kind: string;
  text: string;
  value: string;
}

export interface SearchPage {
  query: { text: string; chips: Chip[]; problems: string[] };
  total: number;
  moments: Moment[];
  next: string | null;
}

export interface Suggestion {
  text: string;
  kind: string;
}

export interface Token {
  id: string;
  name: string;
  kind: string;
  created_at: string;
  last_used_at: string | null;
}

export interface AlertSettings {
  enabled: boolean;
  recipients: string[];
  template: { subject: string; body: string };
}

export interface OutboxMail {
  to: string;
  subject: string;
  state: string;
  at: string;
  incident_id: string | null;
}

export interface DoorReport {
  door: DoorRef;
  grants: number;
  in: number;
  out: number;
  incidents: Record<string, number>;
  reviewed: number;
}
