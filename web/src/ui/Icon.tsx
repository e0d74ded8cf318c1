import type { ReactNode } from "react";

// Drawn for this product on a 16 px grid: one stroke, no fill.
const PATHS = {
  agent: "M3 13v-1a5 5 0 0 1 10 0v1M8 2.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  alert: "M8 2 14.5 13.5h-13zM8 6.5v3M8 11.7v.1",
  arrow: "M3 8h10M9 4l4 4-4 4",
  back: "M13 8H3M7 4 3 8l4 4",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  book: "M3 2.5h8a2 2 0 0 1 2 2v9H5a2 2 0 0 1-2-2zM3 11.5a2 2 0 0 1 2-2h8",
  chat: "M2 3h12v8H7l-3.5 3V11H2z",
  check: "m3 8.5 3.5 3.5L13 4.5",
  chevron: "m4 6 4 4 4-4",
  clock: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 4.5V8l2.5 1.5",
  close: "m3.5 3.5 9 9M12.5 3.5l-9 9",
  code: "M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
  edit: "M2.5 13.5v-3L10.5 2.5l3 3-8 8z",
  file: "M3.5 1.8h6l3 3v9.4h-9zM9.5 1.8v3h3",
  flow: "M2 3h4v4H2zM10 9h4v4h-4zM6 5h3a2 2 0 0 1 2 2v2",
  folder: "M1.8 3.5h4.4l1.6 2h6.4v7.7H1.8z",
  fork: "M4 2.5v11M4 9.5c5 0 7-1.5 7-5M2.5 2.5h3M9.5 3.5h3",
  home: "M2.5 7.5 8 2.5l5.5 5v6h-4v-4h-3v4h-4z",
  inbox: "M2 8.5 4 3h8l2 5.5V13H2zM2 8.5h3.5l1 2h3l1-2H14",
  key: "M5 7.5a3 3 0 1 0 .1 0M7.3 9l6.2-6M11 5.5l2 2",
  link: "M6.5 9.5 9.5 6.5M7.5 4.5l1.7-1.7a2.8 2.8 0 0 1 4 4L11.5 8.5M8.5 11.5l-1.7 1.7a2.8 2.8 0 0 1-4-4L4.5 7.5",
  menu: "M2 4h12M2 8h12M2 12h12",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  pause: "M5 3v10M11 3v10",
  play: "M4.5 2.5 12.5 8l-8 5.5z",
  plug: "M5.5 1.5v4M10.5 1.5v4M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5v2",
  plus: "M8 2.5v11M2.5 8h11",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13.2 1.8v3h-3",
  run: "M2 12.5h3l2-9 2.5 9 1.5-5h3",
  search: "M7 2.2a4.8 4.8 0 1 0 0 9.6A4.8 4.8 0 0 0 7 2.2M10.5 10.5l3.7 3.7",
  send: "M2 8 14 2.5 10 14 7.5 9z",
  settings: "M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7M11 2.7a1.8 1.8 0 1 0 .1 0M5 9.7a1.8 1.8 0 1 0 .1 0",
  stop: "M4 4h8v8H4z",
  sun: "M8 5a3 3 0 1 0 .1 0M8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1",
  table: "M2 3h12v10H2zM2 6.5h12M6.5 6.5V13",
  tool: "M10 2a3.8 3.8 0 0 0-3.4 5.4L2 12l2 2 4.6-4.6A3.8 3.8 0 0 0 14 6l-2.3 1.3-1.5-1.5L11.5 3z",
  trash: "M2.5 4h11M6 4V2.2h4V4M4 4l.7 9.8h6.6L12 4M6.7 6.5v5M9.3 6.5v5",
  undo: "M3 6.5h7a3.5 3.5 0 0 1 0 7H6M6 3 2.5 6.5 6 10",
  redo: "M13 6.5H6a3.5 3.5 0 0 0 0 7h4M10 3l3.5 3.5L10 10",
  upload: "M8 11V3M4.5 6.5 8 3l3.5 3.5M2.5 13.5h11",
  user: "M8 2.5a2.7 2.7 0 1 0 .1 0M2.8 13.8a5.2 5.2 0 0 1 10.4 0",
  zoom: "M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside a word; screen readers pass over it. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
