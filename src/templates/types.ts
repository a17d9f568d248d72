// The shapes of a customer email on its way from template to frozen message.

/** What the lead edits: a subject, MJML, and the plain-text part, all with `{{placeholders}}`. */
export interface MailSource {
  subject: string;
  mjml: string;
  plain: string;
}

/** A placeholder's value and how it may enter HTML. */
export type Fact =
  | { kind: 'text'; value: string }
  | { kind: 'markdown'; value: string }
  | { kind: 'url'; value: string };

/** Values by placeholder name. An empty value makes its section disappear. */
export type Facts = Record<string, Fact>;

/** Filled per recipient, at sending; everything else is filled and frozen before. */
export const recipientSlots = ['unsubscribe_url', 'manage_url', 'confirm_url'] as const;
export type RecipientSlot = (typeof recipientSlots)[number];

/**
 * Compiled parts, frozen. `subject` is final. `html` and `plain` still hold `{{slot}}` for each
 * recipient slot. A `{` that came with a value is written `&#123;` in `html` and `{{brace}}` in
 * `plain`, so that no value can pass for a slot: always read both parts through `fillSlots` or
 * `splitSlots` (slots.ts), for previews too.
 */
export interface CompiledMail {
  subject: string;
  html: string;
  plain: string;
}

export interface MailProblem {
  part: 'subject' | 'mjml' | 'plain' | 'facts';
  /** 1-based, where known. */
  line: number | null;
  message: string;
  /** `unfilled` and `error` block sending; `warning` does not. */
  kind: 'unfilled' | 'error' | 'warning';
  /** The placeholder whose value is meant, when `part` is `facts`. */
  fact?: string;
}

export interface MailReview {
  /** Undefined when it could not be compiled at all. */
  mail: CompiledMail | undefined;
  problems: MailProblem[];
  /** True when nothing blocks sending. */
  sendable: boolean;
}

export interface CompileOptions {
  /**
   * The slots this kind of mail may use. `unsubscribe_url` and `confirm_url`, when listed, must
   * appear in both parts.
   */
  slots: readonly RecipientSlot[];
  /**
   * `allow` takes `[words in brackets]` inside facts and the subject as meant: for words that no person will look
   * at again, such as an API release. By default they are prompts left unfilled.
   */
  bracketedFacts?: 'block' | 'allow';
}
