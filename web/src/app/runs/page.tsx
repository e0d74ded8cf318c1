import { RunsScreen } from "@/features/runs/RunsScreen";
import { Route } from "@/nav";

export default () => <Route><RunsScreen /></Route>;
