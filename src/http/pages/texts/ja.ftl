# Japanese. This translation has not been reviewed by a speaker of the language. A speaker who has read it to the end
# removes this line and the text `unreviewed`. docs/pages.md says how.

unreviewed = この翻訳はまだ確認されていません。誤りがあれば、このサーバーの運用者にお知らせください。
unnamed = 名前のないアプリケーション

## The sentences of the permissions

permission_user_read = サインインと、プロフィールの読み取り: 氏名、メールアドレス、役職、電話番号、オフィスの所在地。
permission_calendars_read = 予定表の読み取り: 内容、日時、場所、参加者、オンライン会議のリンク。
permission_mail_read = メールの検索と読み取り。

## A day, and a time of day

day = { $year }年{ $month }月{ $day }日
moment = { $day } { $time } UTC

## Buttons, which must fit on a telephone

button_allow = 許可する
button_allow_again = もう一度許可する
button_block = ブロックする
button_continue = 続ける
button_continue_as = { $name } として続ける
button_deny = 拒否する
button_end_connections = すべての接続を終了する
button_end_user = このユーザーのすべての接続を終了する
button_refuse = 拒否する
button_return = アプリに戻る
button_review = 内容を見る
button_revoke = 取り消す
button_revoke_all = すべて取り消す
button_revoke_application =
    { $count ->
       *[other] このアプリケーションの接続 { $count } 件をすべて取り消す
    }
button_sign_in = Microsoft でサインイン
button_sign_out = ここからサインアウト
button_switch = 別のアカウントを使う
button_unblock = ブロックを解除する
button_undo = 元に戻す
button_undo_denials =
    { $count ->
       *[other] このブラウザーでの拒否 { $count } 件を元に戻す
    }

## The questions: whether an application may act for the reader

consent_title = アクセスを許可しますか?
consent_question = 「{ $client }」があなたの代わりに操作することを許可しますか?
consent_explanation = このアプリケーションは、あなたの Microsoft アカウントで { $server } を使うことを求めています。この名前はアプリケーションが自分で付けたもので、だれも確認していません。
consent_next = この後、Microsoft でサインインします。
consent_connections = 許可したものを確認して取り消す
short_question = 「{ $client }」で続けますか?
short_explanation = { $day }に「{ $client }」を許可しました。
confirmation_question = 「{ $client }」が { $name } の代わりに操作することを許可しますか?
confirmation_explanation = { $name } としてサインインしています。あなたはこのアカウントで、このアプリケーションをまだ許可していないか、許可を取り消しました。
permissions = アプリケーションができるようになること
permissions_added = アプリケーションが新しく求めていること
permissions_before = すでに許可していること
return_to = この後の戻り先
published_at = このアプリケーションの説明は { $host } にあります。
published_warning = これは、だれが求めているかの証明にはなりません。このデバイスのどのプログラムも、このアプリケーションを名乗ることができます。
warning_loopback = これはあなたのコンピューターにあるプログラムです。たった今あなた自身がこの接続を始めた場合にだけ、許可してください。
warning_app = これはこのデバイスのアプリを開きます。たった今あなた自身がこの接続を始めた場合にだけ、許可してください。
warning_site = このサイトを知っていて、たった今あなた自身がこの接続を始めた場合にだけ、許可してください。

## After a denial

denied_title = 拒否しました
denied_heading = アクセスを拒否しました
denied_explanation = アプリケーションはアクセスできません。アプリケーションが待ち続けないように、アプリケーションに戻ってください。
denied_returns = 数秒後に自動でアプリケーションに戻ります。
denied_note = 「{ button_return }」を押すと { $host } に移動し、「{ button_undo }」を押すともう一度お尋ねします。どちらもしない場合、このアプリケーションの要求はこのブラウザーで 24 時間拒否されます。
review_title = 今日拒否したもの
review_heading = この名前のアプリケーションを今日拒否しました
review_explanation = 「{ $client }」がアクセスを求めています。名前とアドレスは、あなたが拒否したアプリケーションと同じですが、別のものかもしれません。
review_note = 「{ button_review }」を押すと、何を求めているかが表示されます。アプリケーションは、あなたが決めるまで待ちます。

## Pages that go on by themselves

forwarding_sign_in = Microsoft に進んでサインイン
forwarding_return = アプリケーションに戻ります
forwarding_link = 何も起こらない場合は、ここから進んでください

## Your connections

signed_in_as = { $name } としてサインインしています。
returns_to = 戻り先は { $hosts } です。
returns_to_more = 戻り先は { $hosts }、ほか { $more } 件です。
described_at = 説明は { $host } にあります。
connections_title = あなたの接続
connections_sign_in = あなたの代わりに操作できるアプリケーションを確認し、そのアクセスを取り消すには、サインインしてください。
connections_list = 次のアプリケーションは、あなたの代わりに操作できます。
connections_none = あなたの代わりに操作できるアプリケーションはありません。
connections_note = アクセスを取り消したアプリケーションは、すべてのデバイスで 30 秒以内にアクセスできなくなります。もう一度接続するときは、もう一度お尋ねします。
connection_since = { $time } に許可しました。
connection_used =
    { $devices ->
       *[other] { $devices } 台のデバイスで接続しています。最後の更新は { $time } です。
    }
connection_unused = 今は使われていません。
connection_addresses = 接続先は { $addresses } です。
connection_remembered = 次回は、アクセス許可の一覧のない短い質問だけが表示されます。
entra_clients = 組織が許可しているアプリケーション
entra_clients_explanation = 組織は、これらのアプリケーションがここであなたの代わりに操作することを許可しています。アプリケーションが自らあなたを Microsoft にサインインさせるため、このサーバーはお尋ねしませんでした。
entra_clients_note = 拒否したアプリケーションは、30 秒以内にアクセスできなくなります。もう一度許可しても、新しいトークンが必要です。それには最長で 90 分かかることがあります。
entra_client = アプリケーション { $application }
entra_client_called = 最初の使用は{ $first }、最後は{ $last }です。
entra_client_refused = 拒否しています。

## The operator's page

operator_title = 運用者
operator_sign_in = このサーバーを使うアプリケーションを確認してブロックするには、サインインしてください。アカウントには Admin ロールが必要です。
operator_explanation = ここでの操作は、あなたのオブジェクト ID とともに記録され、1 分以内にすべての場所で有効になります。
applications = アプリケーション
applications_none = ここに表示するアプリケーションはありません。
applications_more = 他のアプリケーション
registration = 登録 { $id }。
known_since = { $time } から登録されています。
used =
    { $days ->
       *[other] { $days } 日使われ、最後は { $time } です。
    }
never_used = 一度も使われていません。
is_blocked = ブロック中。
entra_applications = Entra からトークンを受け取るアプリケーション
entra_application = アプリケーション ID { $id }。
blocks = ブロック
blocks_none = ブロックしているものはありません。
blocked_since = { $time } から: { $target }。
target_registration = 登録 { $value }
target_document = { $value } に説明があるアプリケーション
target_document_host = { $value } に説明があるすべてのアプリケーション
target_redirect_host = { $value } に戻るすべてのアプリケーション
target_entra_application = Entra のアプリケーション { $value }
block_kind = ブロックする対象
block_redirect_host = このホストに戻るすべてのアプリケーション
block_document_host = このホストに説明があるすべてのアプリケーション
block_document = この URL に説明があるアプリケーション
block_registration = このクライアント ID の登録
block_entra_application = Entra でこの ID のアプリケーション
block_value = ホスト、URL、または ID
users = ユーザー
user_id = Entra でのユーザーのオブジェクト ID
records = 運用者が行ったこと
records_none = ここに決定はありません。
records_earlier = 以前の決定
record_blocked = { $time }: { $operator } がブロックしました: { $target }。
record_unblocked = { $time }: { $operator } がブロックを解除しました: { $target }。
record_ended_application = { $time }: { $operator } がすべての接続を終了しました: { $target }。
record_ended_user = { $time }: { $operator } が、キー { $user } のユーザーのすべての接続を終了しました。
record_uncertain = 反映されていない可能性があります。

## Errors: the problem, and what to do

detail = 詳細 (英語):
leads_elsewhere = ボタンを押すと { $host } に移動します。これは、このサーバーが知らないアドレスです。信頼できる場合にだけ押してください。
connect_again = アプリケーションからもう一度接続してください。
open_again = { $path } をもう一度開いてください。
incomplete_title = フォームが完全ではありません
decision_title = あなたの決定は受け付けられませんでした
decision_foreign = このサーバー自身のページから送信されていません。アプリケーションからもう一度接続してください。
decision_forged = このブラウザーが開いたページのものではありません。アプリケーションからもう一度接続してください。
cookie_title = ブラウザーがこのページの Cookie を保存しませんでした
cookie = このサイトの Cookie を許可してください。このページを別のブラウザーで開かないでください。
expired_title = このページは古すぎます
expired = 10 分たつか、同じようなページをさらに 5 つ開くと、期限が切れます。アプリケーションからもう一度接続してください。
completed_title = このサインインはすでに完了しています
completed = このページを閉じて、アプリケーションに戻ることができます。アプリケーションがまだ待っている場合は、アプリケーションからもう一度接続してください。
decided_title = すでに決定しています
decided = このページはすでに使われました。もう一度決めるには、アプリケーションからもう一度接続してください。
unavailable_title = 一時的に利用できません
unavailable = このサーバーが使うサービスが応答しません。数秒後にもう一度お試しください。
invalid_title = アプリケーションの要求が正しくありません
invalid = このサーバーは、アプリケーションの要求に応えることができません。
invalid_advice = このページを閉じて、アプリケーションからもう一度接続してみてください。
invalid_query = このサーバーは要求を拒否しました。クエリの形式が正しくありません。
invalid_redirect = このサーバーは要求を拒否しました。リダイレクト URI が、アプリケーションの登録したものではありません。
invalid_parameter = このサーバーは要求を拒否しました。パラメーター { $name } がないか、2 回以上指定されています。
invalid_document = このサーバーは要求を拒否しました。アプリケーションが公開している説明が正しくありません。
not_allowed_title = このアプリケーションはここでは使えません
not_allowed_host = このサーバーの運用者が許可していないサイトに説明があります。運用者に許可を依頼してください。
not_allowed_blocked = このサーバーの運用者がブロックしました。必要な場合は、運用者にお問い合わせください。
lookup_title = このアプリケーションを確認できませんでした
lookup = このサーバーは、アプリケーションが公開している説明を読み取れませんでした。1 分後にもう一度接続してみてください。それでも解決しない場合は、アプリケーションの作成者に知らせてください。
unknown_title = このアプリケーションはここに登録されていません
unknown = 登録の期限が切れたか、別のサーバーに登録されています。もう一度登録するには:
unknown_vscode = VS Code: 「Authentication: Remove Dynamic Authentication Providers」を実行してから、サーバーをもう一度起動してください。
unknown_claude = Claude: Settings の Connectors でコネクタを削除し、もう一度追加してください。
unknown_chatgpt = ChatGPT: Settings の Apps でアプリを削除し、もう一度作成してください。
unknown_inspector = MCP Inspector: サーバーの設定で OAuth の状態を消去してから、もう一度接続してください。
unknown_gemini = Gemini CLI: 「/mcp auth NAME」を実行してください。
unknown_copilot = Copilot CLI: Esc キーを押し、「copilot mcp remove NAME」を実行してから、サーバーをもう一度追加してください。
unknown_mcp_remote = mcp-remote: フォルダー ~/.mcp-auth を削除してから、mcp-remote をもう一度起動してください。
unknown_others = その他: アプリケーションでこのサーバーからサインアウトするか、アプリケーションが保存したこのサーバーの情報を削除してください。その後、もう一度接続してください。
sign_in_unknown_title = このサインインは不明か、古すぎます
sign_in_again = { $path } を開いて、もう一度サインインしてください。
not_signed_in_title = サインインしていません
not_signed_in = { $path } を開いて、もう一度お試しください。
not_operator_title = あなたはこのサーバーの運用者ではありません
not_operator = あなたのアカウントには Admin ロールがありません。Microsoft Entra ID の管理者が割り当てることができます: エンタープライズ アプリケーション、このアプリケーション、ユーザーとグループ。その後、/operator をもう一度開いてください。
other_browser_title = このサインインは別のブラウザーで始まりました
other_browser = 許可したブラウザーだけが完了できるため、このサーバーはこのサインインを取り消しました。それがこのブラウザーだった場合は、このサイトの Cookie を許可して、アプリケーションからもう一度接続してください。
interrupted_title = このサインインは中断されました
interrupted = 数秒たってもアプリケーションが先に進まない場合は、アプリケーションからもう一度接続してください。
still_refused_title = 組織はまだこれを許可していません
still_refused = もう一度サインインしましたが、Microsoft Entra ID は、このアプリケーションがあなたの代わりに操作することをまだ許可していません。ポリシーが追加の条件を求めています (条件付きアクセス)。Microsoft Entra ID の管理者が変更できます。その後、アプリケーションからもう一度接続してください。
organisation_title = 組織がこのサインインをブロックしています
organisation_policy = 条件付きアクセス ポリシーにより、この場所、デバイス、またはアプリケーションからはサインインできません。もう一度サインインしても解決しません。組織の管理者にお問い合わせください。管理者はサインイン ログでポリシーを確認できます。
organisation_assignment = このアプリケーションに割り当てられたユーザーだけがサインインできます。あなたは割り当てられていません。もう一度サインインしても解決しません。組織の管理者に割り当てを依頼してください。
organisation_consent = このアプリケーションには、管理者だけが与えられるアクセス許可が必要です。もう一度サインインしても解決しません。組織の管理者に同意を依頼してください。
admin_consent_title = Microsoft から戻りました
admin_consent = Microsoft からここに戻りました。そこで同意した場合、組織の人たちは接続できるようになりました。アプリケーションからもう一度接続するように伝えてください。
admin_consent_unknown = 同意したかどうかは、このページではわかりません。Entra 管理センターの、エンタープライズ アプリケーション、アクセス許可で確認できます。
request_title = あなたの要求は受け付けられませんでした
request_foreign = このブラウザーが開いたページのものではありません。{ $path } をもう一度開いてください。
target_title = これはブロックできません
target = 次のいずれかを入力してください: client.example のようなホスト (https:// とポートなし)、メタデータ ドキュメントの URL 全体、登録のクライアント ID、Entra のアプリケーションのアプリケーション ID。
object_id_title = これはオブジェクト ID ではありません
object_id = ユーザーのオブジェクト ID を入力してください。Entra 管理センターのユーザーのページに表示されます。
repeated_title = このフォームはすでに送信されました
repeated = 2 回目は効果がありません。今ブロックしているものを確認するには、/operator をもう一度開いてください。
full_title = エントリが多すぎます
full = ブロックは 500 件までです。90 日間に接続を終了できるアプリケーションは 500 個までです。不要になったブロックを解除するか、個々のアプリケーションの代わりにホストを指定してください。
too_many_title = 要求が多すぎます
too_many = あなたのネットワークからの要求が多すぎます。後でもう一度お試しください。
too_many_of_yours = 送信された要求が多すぎます。1 分後にもう一度お試しください。
too_many_lookups = 確認したアプリケーションが多すぎます。1 分後にもう一度お試しください。
body_title = 要求が正しくありません
body_too_large = このサーバーは要求を拒否しました。大きすぎます。
body_late = このサーバーは要求を拒否しました。時間内に届きませんでした。
body_incomplete = このサーバーは要求を拒否しました。完全ではありません。
busy_title = もう一度お試しください
busy = このサーバーは混み合っています。数秒後にもう一度お試しください。
