import { ChatScreen } from "@/features/chat/ChatScreen";
import { Route } from "@/nav";

export default () => <Route><ChatScreen /></Route>;
