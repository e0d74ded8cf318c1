import { WorkflowsScreen } from "@/features/workflows/WorkflowsScreen";
import { Route } from "@/nav";

export default () => <Route><WorkflowsScreen /></Route>;
