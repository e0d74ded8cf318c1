import type { agents as en } from "@/i18n/en/agents";

export const agents: Record<keyof typeof en, string> = {};
