import { MutationCache, QueryClient, type UseQueryResult, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data, type Schema } from "@/api/client";
import { AppError } from "@/api/errors";

/** The one client of server state. A refusal is final; a server that does not answer is asked again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    mutationCache: new MutationCache(),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => count < 2 && (!(error instanceof AppError) || error.status === 0 || error.status >= 500),
      },
    },
  });
}

/** Keys of server state, so that a change can say what it made stale. */
export const keys = {
  meta: ["meta"] as const,
  me: ["me"] as const,
  list: (noun: string) => [noun, "list"] as const,
  one: (noun: string, id: string) => [noun, "one", id] as const,
  inbox: ["inbox"] as const,
};

/** What the installation is; open to everybody. */
export function useMeta(): UseQueryResult<Schema<"MetaView">> {
  return useQuery({ queryKey: keys.meta, queryFn: () => data(api.GET("/api/meta")), staleTime: 60_000 });
}

/** Who is signed in. */
export function useMe(enabled = true): UseQueryResult<Schema<"MeView">> {
  return useQuery({ queryKey: keys.me, queryFn: () => data(api.GET("/api/auth/me")), enabled, staleTime: 60_000 });
}

/** The questions that wait for a person, asked for again every so often. */
export function useInbox(everyMs: number): UseQueryResult<Schema<"InboxList">> {
  return useQuery({ queryKey: keys.inbox, queryFn: () => data(api.GET("/api/inbox")), refetchInterval: everyMs });
}

/** The agents that can be chosen from. */
export function useAgents(): UseQueryResult<Schema<"AgentList">> {
  return useQuery({
    queryKey: [...keys.list("agents"), "choice"],
    queryFn: () => data(api.GET("/api/agents", { params: { query: { limit: 100 } } })),
  });
}

interface PageOf<Item> {
  items: Item[];
  next_cursor?: string | null;
}

export interface Pages<Item> {
  items: Item[];
  loading: boolean;
  error: Error | null;
  more: (() => void) | null;
  refetch: () => void;
}

/** All pages of a list that were asked for so far, as one list. */
export function usePages<Item>(
  key: readonly unknown[],
  fetch: (cursor: string | undefined) => Promise<PageOf<Item>>,
  options: { enabled?: boolean; refetchInterval?: number | false } = {},
): Pages<Item> {
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetch(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (before) => before,
    ...options,
  });
  const items = useMemo(() => (found.data?.pages ?? []).flatMap((page) => page.items), [found.data]);
  return {
    items,
    loading: found.isPending,
    error: found.error,
    more: found.hasNextPage ? () => void found.fetchNextPage() : null,
    refetch: () => void found.refetch(),
  };
}
