import { LoginScreen } from "@/features/login/LoginScreen";
import { Route } from "@/nav";

export default () => <Route><LoginScreen /></Route>;
