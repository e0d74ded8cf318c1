import { KnowledgeScreen } from "@/features/knowledge/KnowledgeScreen";
import { Route } from "@/nav";

export default () => <Route><KnowledgeScreen /></Route>;
