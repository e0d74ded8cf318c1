"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data } from "@/api/client";
import { keys } from "@/api/queries";
import { session } from "@/api/session";
import { useT } from "@/i18n";
import { href } from "@/nav";
import { PLACES } from "@/shell/places";
import type { IconName } from "@/ui/Icon";
import { useTheme } from "@/ui/theme";

export interface Command {
  id: string;
  label: string;
  icon: IconName;
  kind?: string;
  to?: string;
  run?: () => void;
}

const FIRST = { params: { query: { limit: 50 } } };

/** What the palette offers: places, agents and flows by name, and what can be done from everywhere. */
export function useCommands(): Command[] {
  const t = useT();
  const { choose, isDark } = useTheme();
  const agents = useQuery({ queryKey: [...keys.list("agents"), "palette"], queryFn: () => data(api.GET("/api/agents", FIRST)) });
  const flows = useQuery({
    queryKey: [...keys.list("workflows"), "palette"],
    queryFn: () => data(api.GET("/api/workflows", FIRST)),
  });
  return useMemo(
    () => [
      ...PLACES.map((place): Command => ({ id: place.path, label: t(place.name), icon: place.icon, to: place.path })),
      ...(agents.data?.items ?? []).map(
        (each): Command => ({
          id: each.id,
          label: each.name,
          icon: "agent",
          kind: t("nav.agents"),
          to: href("/agents", { id: each.id }),
        }),
      ),
      ...(flows.data?.items ?? []).map(
        (each): Command => ({
          id: each.id,
          label: each.name,
          icon: "flow",
          kind: t("nav.workflows"),
          to: href("/workflows", { id: each.id }),
        }),
      ),
      { id: "theme", label: t(isDark ? "theme.light" : "theme.dark"), icon: "sun", run: () => choose(isDark ? "light" : "dark") },
      { id: "sign-out", label: t("nav.signOut"), icon: "user", run: () => void session.logout() },
    ],
    [agents.data, choose, flows.data, isDark, t],
  );
}
