import { InboxScreen } from "@/features/inbox/InboxScreen";
import { Route } from "@/nav";

export default () => <Route><InboxScreen /></Route>;
