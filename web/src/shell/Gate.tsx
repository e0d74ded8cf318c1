"use client";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useMeta } from "@/api/queries";
import { session } from "@/api/session";
import { href, useNav, usePath } from "@/nav";
import { Frame } from "@/shell/Frame";

const OPEN = new Set(["/login", "/welcome"]);

/** Lets those in who are signed in, and brings the others to where they can be. */
export function Gate({ children }: { children: ReactNode }): ReactNode {
  const path = usePath();
  const nav = useNav();
  const queries = useQueryClient();
  const meta = useMeta();
  const [inside, setInside] = useState<boolean | null>(null);
  const setUpNeeded = meta.data?.setup_needed ?? false;

  useEffect(() => {
    const look = (): void => {
      setInside(session.exists());
      if (!session.exists()) queries.clear();
    };
    look();
    return session.listen(look);
  }, [queries]);

  useEffect(() => {
    if (inside !== false || OPEN.has(path) || meta.isPending) return;
    const here = path + globalThis.location.search;
    nav(setUpNeeded ? "/welcome" : href("/login", { next: here === "/" ? null : here }), { replace: true });
  }, [inside, meta.isPending, nav, path, setUpNeeded]);

  if (OPEN.has(path)) return children;
  return inside ? <Frame>{children}</Frame> : null;
}
