// A front end's first lines: a typed client made from the document of the running server, and one movement printed.
import createClient from "openapi-fetch";
import type { paths } from "./heller.js";

const { HELLER_URL: baseUrl = "http://127.0.0.1:8686", HELLER_TOKEN: token = "" } = process.env;
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const { data, error } = await api.GET("/v1/account-movements", { params: { query: { limit: 1 } } });
if (error) throw new Error(`${error.code}: ${error.detail}`);
const movement = data.items[0];
if (!movement) throw new Error("there is no movement");
console.log(movement.id, movement.booking_date, movement.amount.amount, movement.amount.currency);
