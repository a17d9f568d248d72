// How the words of the product read on the desk's screens.
import { stateLabels } from '../shared/labels.ts';
import type {
  DeliveryState,
  NotificationState,
  Role,
  Severity,
  Stage,
  SubscriberState,
} from '../shared/words.ts';

export const roleLabels: Record<Role, string> = {
  viewer: 'Viewer',
  comms_lead: 'Communications Lead',
  approver: 'Approver',
  admin: 'Admin',
};

export const stageLabels: Record<Stage, string> = {
  ...stateLabels,
  postmortem: 'Post-mortem',
};

/** One line each, so that a person under pressure can choose. */
export const severityWords: Record<Severity, string> = {
  1: 'Critical: the service is down or data is at risk for most customers.',
  2: 'Major: an important function is broken, or many customers are affected.',
  3: 'Minor: a part is slow or broken and there is a way around it.',
  4: 'Low: hardly anybody notices.',
};

export const subscriberStateLabels: Record<SubscriberState, string> = {
  pending: 'Waiting for confirmation',
  confirmed: 'Confirmed',
  unsubscribed: 'Unsubscribed',
  quarantined: 'Quarantined',
};

export const deliveryLabels: Record<DeliveryState, string> = {
  queued: 'Queued',
  sending: 'Sending',
  sent: 'Sent',
  failed: 'Failed',
  suppressed: 'Suppressed',
  cancelled: 'Cancelled',
};

export const notificationLabels: Record<NotificationState, string> = {
  queued: 'Queued',
  sending: 'Sending',
  paused: 'Paused',
  sent: 'Sent',
  cancelled: 'Cancelled',
};
