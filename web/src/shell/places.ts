import type { Key } from "@/i18n/en";
import type { IconName } from "@/ui/Icon";

export interface Place {
  path: string;
  name: Key;
  icon: IconName;
}

/** Where one can go, in the order of the side bar. */
export const PLACES: readonly Place[] = [
  { path: "/", name: "nav.home", icon: "home" },
  { path: "/chat", name: "nav.chat", icon: "chat" },
  { path: "/agents", name: "nav.agents", icon: "agent" },
  { path: "/knowledge", name: "nav.knowledge", icon: "book" },
  { path: "/workflows", name: "nav.workflows", icon: "flow" },
  { path: "/runs", name: "nav.runs", icon: "run" },
  { path: "/inbox", name: "nav.inbox", icon: "inbox" },
  { path: "/triggers", name: "nav.triggers", icon: "bolt" },
  { path: "/providers", name: "nav.providers", icon: "plug" },
  { path: "/settings", name: "nav.settings", icon: "settings" },
];
