"use client";
// The only importer of the framework's router: every other file would move to another one unchanged.
import NextLink from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { type ComponentProps, type ReactNode, Suspense, useCallback, useMemo } from "react";

export type Params = Readonly<Record<string, string | number | null | undefined>>;

/** A path with query parameters; empty ones are left out. */
export function href(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

type LinkProps = Omit<ComponentProps<typeof NextLink>, "href"> & { to: string };

/** A link inside the product. Its page is fetched when it is followed, not before. */
export function Link({ to, ...rest }: LinkProps): ReactNode {
  return <NextLink href={to} prefetch={false} {...rest} />;
}

/** The path that is shown. */
export function usePath(): string {
  return usePathname() ?? "/";
}

/** A parameter of the address, and how to change parameters in place. */
export function useParams(): {
  get: (name: string) => string | null;
  set: (changes: Params, options?: { push?: boolean }) => void;
} {
  const search = useSearchParams();
  const path = usePath();
  const router = useRouter();
  const set = useCallback(
    (changes: Params, options: { push?: boolean } = {}) => {
      // Read from the address itself: two changes in a row must not undo each other.
      const now = Object.fromEntries(new URLSearchParams(globalThis.location.search));
      const merged: Record<string, string | number | null | undefined> = { ...now, ...changes };
      const to = href(path, merged);
      if (options.push) router.push(to, { scroll: false });
      else router.replace(to, { scroll: false });
    },
    [path, router],
  );
  return useMemo(() => ({ get: (name: string) => search.get(name), set }), [search, set]);
}

/** The id that a screen is about, from `?id=`. */
export function useId(): string | null {
  return useParams().get("id");
}

/** Goes to another screen. */
export function useNav(): (to: string, options?: { replace?: boolean }) => void {
  const router = useRouter();
  return useCallback(
    (to, options = {}) => (options.replace ? router.replace(to) : router.push(to)),
    [router],
  );
}

/** Wraps every page: a static page does not know its parameters before it runs. */
export function Route({ children }: { children: ReactNode }): ReactNode {
  return <Suspense fallback={null}>{children}</Suspense>;
}
