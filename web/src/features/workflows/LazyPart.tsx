"use client";
import { Component, type ReactNode, Suspense } from "react";
import { Problem } from "@/ui/Page";

interface Props {
  fallback?: ReactNode;
  children: ReactNode;
}

interface State {
  error: Error | null;
}

/** A part whose code is fetched when it is shown. Where that fails, the part says so, and the rest of the editor goes on. */
export class LazyPart extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    // The browser remembers code that it could not fetch; only a reload asks for it again, and the draft is kept.
    if (this.state.error) return <Problem error={this.state.error} onRetry={() => globalThis.location.reload()} />;
    return <Suspense fallback={this.props.fallback ?? null}>{this.props.children}</Suspense>;
  }
}
