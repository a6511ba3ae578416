/** The privacy notice as its page lays it out: rows of the policy's own description, in words for a visitor. */
export interface NoticeSection {
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Described {
  readonly sections: readonly {
    readonly heading: string;
    readonly rows: readonly Readonly<Record<string, string>>[];
  }[];
}

export function noticeSections(described: Described): readonly NoticeSection[] {
  return described.sections.map(({ heading, rows }) => ({
    heading,
    columns: Object.keys(rows[0] ?? {}).map(sentence),
    rows: rows.map((row) => Object.values(row).map(sentence)),
  }));
}

function sentence(text: string): string {
  const words = text.replaceAll('_', ' ').replace(/\bisp\b/g, 'ISP');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
